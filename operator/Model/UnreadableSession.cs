namespace SshGateway.Operator.Model;

/// <summary>A session whose newest version has a spec that cannot be decoded.</summary>
/// <param name="Rest">That version without its spec.</param>
/// <param name="Problem">The field, and what it must be.</param>
internal sealed record UnreadableSession(ClaudeSession Rest, string Problem);
