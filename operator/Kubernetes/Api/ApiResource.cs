using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Api;

/// <summary>A kind of object, where the API server has it and how it is decoded.</summary>
/// <param name="Kind">Such as <c>Pod</c>.</param>
/// <param name="Group">Such as <c>api/v1</c>.</param>
/// <param name="Plural">Such as <c>pods</c>.</param>
/// <param name="Type">The fields that are kept; all others, managedFields above all, are skipped while reading.</param>
/// <param name="Partial">What is still read of an object that cannot be decoded; null: nothing.</param>
internal sealed record ApiResource<T>(string Kind, string Group, string Plural, JsonTypeInfo<T> Type, PartialReader<T>? Partial = null)
    where T : KubernetesObject
{
    /// <summary>Only the objects with this label are read; null: all.</summary>
    public string? Label { get; init; }

    /// <summary>Whether the operator goes on without these objects where it cannot read them.</summary>
    public bool IsOptional { get; init; }

    /// <param name="ofNamespace">Null: all namespaces.</param>
    public string Collection(string? ofNamespace) => ofNamespace is null ? $"{Group}/{Plural}" : $"{Group}/namespaces/{ofNamespace}/{Plural}";
}

/// <summary>Reads what can still be read of an object that cannot be decoded.</summary>
internal delegate T? PartialReader<T>(ref Utf8JsonReader reader)
    where T : KubernetesObject;

/// <summary>The kinds that are read.</summary>
internal static class ApiResources
{
    public static readonly ApiResource<ClaudeSession> Sessions =
        new(ClaudeSession.KindName, $"apis/{ClaudeSession.ApiVersion}", "claudesessions", ModelJson.Default.ClaudeSession, ReadWithoutSpec);

    public static readonly ApiResource<Pod> Pods = new(Pod.KindName, $"api/{Pod.ApiVersion}", "pods", ModelJson.Default.Pod);

    public static readonly ApiResource<ConfigMap> ConfigMaps =
        new(ConfigMap.KindName, $"api/{KeyObject.ApiVersion}", "configmaps", ModelJson.Default.ConfigMap) { Label = KeyObject.LabelName, IsOptional = true };

    public static readonly ApiResource<Secret> Secrets =
        new(Secret.KindName, $"api/{KeyObject.ApiVersion}", "secrets", ModelJson.Default.Secret) { Label = KeyObject.LabelName, IsOptional = true };

    private static ClaudeSession? ReadWithoutSpec(ref Utf8JsonReader reader) =>
        JsonSerializer.Deserialize(ref reader, ModelJson.Default.SessionWithoutSpec) is { } rest
            ? new ClaudeSession { Metadata = rest.Metadata, Status = rest.Status }
            : null;
}
