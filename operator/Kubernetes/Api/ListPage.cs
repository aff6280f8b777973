using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Api;

/// <summary>A list, or a page of it.</summary>
internal sealed record ListPage<T>(ListMeta Metadata, IReadOnlyList<DecodedObject<T>> Items)
    where T : KubernetesObject;
