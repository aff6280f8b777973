using System.Text.Json.Serialization;

namespace SshGateway.Operator.Model;

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

    /// <summary>Of the keys that the session pins, else of the one that the pod showed first; as ssh shows them.</summary>
    public IReadOnlyList<string>? HostKeyFingerprints { get; init; }

    public DateTimeOffset? ReadySince { get; init; }
}
