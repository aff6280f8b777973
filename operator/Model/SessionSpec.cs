namespace SshGateway.Operator.Model;

/// <summary><c>spec</c> of a ClaudeSession. Nothing here is checked yet: <see cref="Routing.SessionRules"/> does.</summary>
internal sealed record SessionSpec
{
    public const int DefaultMaxConnections = 20;

    public SessionOwner? Owner { get; init; }

    public PodSelection? Pod { get; init; }

    public SshSpec? Ssh { get; init; }

    public string? Access { get; init; }

    public int? MaxConnections { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public string? IdleTimeout { get; init; }
}
