namespace SshGateway.Operator.Table;

/// <summary>A change that one stream has not sent yet.</summary>
/// <param name="Sent">What the stream's proxy has of the session; null when it has nothing.</param>
/// <param name="Latest">What it should have; null when the session is gone.</param>
internal readonly record struct PendingChange(TableEntry? Sent, TableEntry? Latest);
