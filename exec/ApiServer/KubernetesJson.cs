using System.Text.Json.Serialization;

namespace SshGateway.Exec.ApiServer;

/// <summary>A pod, as far as it is needed to refuse another one.</summary>
internal sealed record PodObject(PodObject.MetadataPart? Metadata, PodObject.SpecPart? Spec, PodObject.StatusPart? Status)
{
    internal sealed record MetadataPart(string? Uid);

    internal sealed record SpecPart(
        IReadOnlyList<Container?>? Containers, IReadOnlyList<Container?>? InitContainers, IReadOnlyList<Container?>? EphemeralContainers);

    internal sealed record StatusPart(string? Phase);

    internal sealed record Container(string? Name);
}

/// <summary>
/// <c>Status</c> of meta/v1: why the API server refuses a request, and on the error channel how a command ended.
/// </summary>
internal sealed record StatusObject(string? Kind, string? Status, string? Message, string? Reason, StatusObject.DetailsPart? Details)
{
    internal sealed record DetailsPart(IReadOnlyList<Cause?>? Causes);

    internal sealed record Cause(string? Reason, string? Message);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PodObject))]
[JsonSerializable(typeof(StatusObject))]
internal sealed partial class KubernetesJson : JsonSerializerContext;
