using System.Text.Json.Serialization;

namespace SshGateway.Operator.Model;

/// <summary>What every object has.</summary>
internal abstract record KubernetesObject
{
    public ObjectMeta? Metadata { get; init; }

    [JsonIgnore]
    public abstract string Kind { get; }

    [JsonIgnore]
    public string Name => Metadata?.Name ?? "";

    [JsonIgnore]
    public string Namespace => Metadata?.Namespace ?? ObjectMeta.DefaultNamespace;

    [JsonIgnore]
    public string Uid => Metadata?.Uid ?? "";

    [JsonIgnore]
    public ObjectKey Key => new(Kind, Namespace, Name);

    public string? Label(string name) => Metadata?.Labels?.GetValueOrDefault(name);
}
