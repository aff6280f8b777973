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

/// <summary>The part of <c>metadata</c> that is read. A directory's manifests have no uid and no times.</summary>
internal sealed record ObjectMeta
{
    public const string DefaultNamespace = "default";

    public string? Name { get; init; }

    public string? Namespace { get; init; }

    public string? Uid { get; init; }

    /// <summary>The server's version of the object; opaque but for comparisons within one server.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>Counts the changes of the spec.</summary>
    public long? Generation { get; init; }

    public DateTimeOffset? CreationTimestamp { get; init; }

    public DateTimeOffset? DeletionTimestamp { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    public ObjectAnnotations? Annotations { get; init; }
}

/// <summary>The annotations that are read. The others may be long, and are not kept.</summary>
internal sealed record ObjectAnnotations
{
    public const string ForgetHostKeyName = "tars.cloudwalk.network/forget-host-key";
    public const string DefaultContainerName = "kubectl.kubernetes.io/default-container";

    /// <summary>On a ClaudeSession: the fingerprint of a host key that its pod must not have.</summary>
    [JsonPropertyName(ForgetHostKeyName)]
    public string? ForgetHostKey { get; init; }

    /// <summary>On a Pod: the container that kubectl takes when none is named.</summary>
    [JsonPropertyName(DefaultContainerName)]
    public string? DefaultContainer { get; init; }
}

/// <summary>Names one object.</summary>
internal readonly record struct ObjectKey(string Kind, string Namespace, string Name)
{
    public override string ToString() => $"{Kind} {Namespace}/{Name}";
}
