using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Api;

/// <summary>A line of a watch.</summary>
/// <param name="Type">What it says.</param>
/// <param name="Object">The object; of a bookmark, only its version counts.</param>
/// <param name="Status">The error, when it is one.</param>
internal readonly record struct WatchEvent<T>(WatchEventType Type, DecodedObject<T> Object, ApiStatus? Status)
    where T : KubernetesObject;
