namespace SshGateway.Operator.Kubernetes.Keys;

/// <summary>A Secret or a ConfigMap: named values, of a Secret as base64.</summary>
internal sealed record StoredData
{
    public string? ApiVersion { get; init; }

    public string? Kind { get; init; }

    public MetadataPart? Metadata { get; init; }

    public IReadOnlyDictionary<string, string>? Data { get; init; }

    /// <summary><c>metadata</c>.</summary>
    internal sealed record MetadataPart(string Name);
}
