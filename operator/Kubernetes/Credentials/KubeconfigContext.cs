using System.Text.Json;
using System.Text.Json.Serialization;

namespace SshGateway.Operator.Kubernetes.Credentials;

/// <summary><c>contexts[].context</c>. Its namespace is not used: Operator:Namespaces says which are watched.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record KubeconfigContext
{
    public string? Cluster { get; init; }

    public string? User { get; init; }

    public string? Namespace { get; init; }

    public JsonElement Extensions { get; init; }
}
