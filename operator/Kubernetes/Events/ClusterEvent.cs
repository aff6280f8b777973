namespace SshGateway.Operator.Kubernetes.Events;

/// <summary>An Event of events.k8s.io/v1.</summary>
internal sealed record ClusterEvent
{
    public string ApiVersion { get; init; } = "events.k8s.io/v1";

    public string Kind { get; init; } = "Event";

    public required MetadataPart Metadata { get; init; }

    /// <summary>With six digits of a second.</summary>
    public required string EventTime { get; init; }

    public required string ReportingController { get; init; }

    public required string ReportingInstance { get; init; }

    public required string Action { get; init; }

    public required string Reason { get; init; }

    public required RegardingPart Regarding { get; init; }

    /// <summary>At most 1 KiB.</summary>
    public required string Note { get; init; }

    /// <summary>Normal or Warning.</summary>
    public required string Type { get; init; }

    /// <summary><c>metadata</c>.</summary>
    internal sealed record MetadataPart(string Namespace, string GenerateName);

    /// <summary><c>regarding</c>: what it happened to.</summary>
    internal sealed record RegardingPart(string ApiVersion, string Kind, string Namespace, string Name, string Uid);
}
