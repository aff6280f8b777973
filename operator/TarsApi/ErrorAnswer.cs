namespace SshGateway.Operator.TarsApi;

/// <summary>Why there is no answer.</summary>
internal sealed record ErrorAnswer(string Error);
