using System.Text.Json.Serialization;

namespace SshGateway.Operator.Model;

/// <summary>A v1 Pod: the fields that decide whether and where it can be reached.</summary>
internal sealed record Pod : KubernetesObject
{
    public const string ApiVersion = "v1";
    public const string KindName = "Pod";

    public override string Kind => KindName;

    public PodSpec? Spec { get; init; }

    public PodStatus? Status { get; init; }

    /// <summary>All containers have ended, for good.</summary>
    [JsonIgnore]
    public bool IsTerminal => Status?.Phase is "Succeeded" or "Failed";

    [JsonIgnore]
    public bool IsTerminating => Metadata?.DeletionTimestamp is not null;

    [JsonIgnore]
    public bool IsReady => Status?.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) ?? false;

    /// <summary>The address as the status writes it; null while there is none.</summary>
    [JsonIgnore]
    public string? Address => string.IsNullOrEmpty(Status?.PodIP) ? null : Status.PodIP;
}

/// <summary><c>spec</c> of a Pod.</summary>
internal sealed record PodSpec
{
    /// <summary>The pod shares its node's address, so its address is not its own.</summary>
    public bool HostNetwork { get; init; }

    public string? NodeName { get; init; }

    public IReadOnlyList<PodContainer>? Containers { get; init; }
}

/// <summary>One of <c>spec.containers</c>.</summary>
internal sealed record PodContainer
{
    public string? Name { get; init; }
}

/// <summary><c>status</c> of a Pod.</summary>
internal sealed record PodStatus
{
    public string? Phase { get; init; }

    public string? PodIP { get; init; }

    public IReadOnlyList<PodAddress>? PodIPs { get; init; }

    public DateTimeOffset? StartTime { get; init; }

    public IReadOnlyList<PodCondition>? Conditions { get; init; }

    public IReadOnlyList<ContainerStatus>? InitContainerStatuses { get; init; }

    public IReadOnlyList<ContainerStatus>? ContainerStatuses { get; init; }
}

/// <summary>One of <c>status.conditions</c>.</summary>
internal sealed record PodCondition
{
    public string? Type { get; init; }

    public string? Status { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }
}

/// <summary>One of <c>status.podIPs</c>.</summary>
internal sealed record PodAddress
{
    public string? Ip { get; init; }
}

/// <summary>One of a pod's <c>status.containerStatuses</c>: whether it runs, or why it does not.</summary>
internal sealed record ContainerStatus
{
    public string? Name { get; init; }

    /// <summary>Its readiness probe's answer; without a probe, whether it runs.</summary>
    public bool Ready { get; init; }

    public StatePart? State { get; init; }

    /// <summary><c>state</c>.</summary>
    internal sealed record StatePart
    {
        public RunningPart? Running { get; init; }

        public CausePart? Waiting { get; init; }

        public CausePart? Terminated { get; init; }
    }

    /// <summary>There while it runs.</summary>
    internal sealed record RunningPart
    {
        public DateTimeOffset? StartedAt { get; init; }
    }

    /// <summary>Why it waits or ended.</summary>
    internal sealed record CausePart
    {
        public string? Reason { get; init; }

        public string? Message { get; init; }
    }
}
