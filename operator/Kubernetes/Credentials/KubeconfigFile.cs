using System.Text.Json;
using System.Text.Json.Serialization;

namespace SshGateway.Operator.Kubernetes.Credentials;

/// <summary>A kubeconfig file. The entries stay undecoded: only the ones that are used have to be usable.</summary>
internal sealed record KubeconfigFile
{
    [JsonPropertyName("current-context")]
    public string? CurrentContext { get; init; }

    public IReadOnlyList<NamedEntry>? Clusters { get; init; }

    public IReadOnlyList<NamedEntry>? Users { get; init; }

    public IReadOnlyList<NamedEntry>? Contexts { get; init; }

    /// <summary>An element of one of the three lists.</summary>
    internal sealed record NamedEntry
    {
        public string? Name { get; init; }

        public JsonElement Cluster { get; init; }

        public JsonElement User { get; init; }

        public JsonElement Context { get; init; }
    }
}
