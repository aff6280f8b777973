using System.Text.Json.Serialization;

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

/// <summary>One of a session's <c>status.conditions</c>.</summary>
internal sealed record SessionCondition
{
    /// <summary>The type of the condition that says whether logins work.</summary>
    public const string Ready = "Ready";

    /// <summary>The type of the condition that says whether a login waits for a pod that is not there.</summary>
    public const string WakeRequested = "WakeRequested";

    public string? Type { get; init; }

    /// <summary>True, False or Unknown.</summary>
    public string? Status { get; init; }

    public long? ObservedGeneration { get; init; }

    public DateTimeOffset? LastTransitionTime { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }
}

/// <summary><c>status.endpoint</c>: where the session's logins go.</summary>
internal sealed record SessionEndpoint
{
    public string? PodName { get; init; }

    [JsonPropertyName("podUID")]
    public string? PodUid { get; init; }

    public string? Ip { get; init; }

    public IReadOnlyList<string>? Ips { get; init; }

    public int? Port { get; init; }

    public string? NodeName { get; init; }

    /// <summary>Of the pinned keys, else of the one that the pod showed first; as ssh shows them.</summary>
    public IReadOnlyList<string>? HostKeyFingerprints { get; init; }

    /// <summary>The proxy that reported the key first; null where the session says which keys are good.</summary>
    public string? HostKeyReportedBy { get; init; }

    public DateTimeOffset? ReadySince { get; init; }
}
