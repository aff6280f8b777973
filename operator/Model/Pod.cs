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
