using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Watching;

/// <summary>What is other in a store than when it was last asked.</summary>
/// <param name="Set">The objects that came or changed.</param>
/// <param name="Removed">Those that are gone.</param>
/// <param name="Unreadable">Those whose newest version cannot be decoded: as they last were they are still there, if they ever were.</param>
/// <param name="Version">Up to which version the store has everything.</param>
/// <param name="IsHistoryNew">Whether the server's versions began anew from an earlier one.</param>
internal sealed record StoreChanges<T>(
    IReadOnlyList<T> Set, IReadOnlyList<ObjectKey> Removed, IReadOnlyList<DecodedObject<T>> Unreadable, string Version, bool IsHistoryNew)
    where T : KubernetesObject;
