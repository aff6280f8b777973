namespace SshGateway.Operator.Table;

/// <summary>The changes that a stream sends next, and what the table is after them.</summary>
internal sealed record TableChanges(IReadOnlyDictionary<string, PendingChange> Pending, string Epoch, ulong Sequence, ulong Count);
