namespace SshGateway.Operator.Model;

/// <summary><c>status</c> of a ClaudeSession; crds/claudesessions.yaml describes each field.</summary>
internal sealed record SessionStatus
{
    public long? ObservedGeneration { get; init; }

    public string? Phase { get; init; }

    public int? AuthorizedKeyCount { get; init; }

    public SessionEndpoint? Endpoint { get; init; }

    public int? Connections { get; init; }

    public DateTimeOffset? LastActivityTime { get; init; }

    public IReadOnlyList<SessionCondition>? Conditions { get; init; }
}
