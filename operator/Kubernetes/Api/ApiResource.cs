using System.Text.Json.Serialization.Metadata;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Api;

/// <summary>A kind of object, where the API server has it and how it is decoded.</summary>
/// <param name="Kind">Such as <c>Pod</c>.</param>
/// <param name="Group">Such as <c>api/v1</c>.</param>
/// <param name="Plural">Such as <c>pods</c>.</param>
/// <param name="Type">The fields that are kept; all others, managedFields above all, are skipped while reading.</param>
/// <param name="Rest">What is still read of an object that cannot be decoded; null: nothing.</param>
internal sealed record ApiResource<T>(string Kind, string Group, string Plural, JsonTypeInfo<T> Type, PartialReader<T>? Rest = null)
    where T : KubernetesObject
{
    /// <param name="ofNamespace">Null: all namespaces.</param>
    public string Collection(string? ofNamespace) => ofNamespace is null ? $"{Group}/{Plural}" : $"{Group}/namespaces/{ofNamespace}/{Plural}";
}
