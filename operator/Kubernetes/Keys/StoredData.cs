using System.Text.Json.Serialization;

namespace SshGateway.Operator.Kubernetes.Keys;

/// <summary>A Secret or a ConfigMap: named values, of a Secret as base64. In a change, a value of null takes it away.</summary>
internal sealed record StoredData
{
    public string? ApiVersion { get; init; }

    public string? Kind { get; init; }

    public MetadataPart? Metadata { get; init; }

    public IReadOnlyDictionary<string, string?> Data { get; init; } = new Dictionary<string, string?>();

    /// <summary>Whether the operator made it and may change it.</summary>
    [JsonIgnore]
    public bool IsOurs => Metadata?.Labels?.GetValueOrDefault(DataStore.OwnerLabel) == DataStore.Owner;

    // The values are keys.
    public override string ToString() => $"{Kind} {Metadata?.Name}";

    /// <summary><c>metadata</c>.</summary>
    internal sealed record MetadataPart
    {
        public string? Name { get; init; }

        public string? ResourceVersion { get; init; }

        public IReadOnlyDictionary<string, string>? Labels { get; init; }

        public IReadOnlyDictionary<string, string>? Annotations { get; init; }
    }
}
