using System.Diagnostics.CodeAnalysis;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Routing;

/// <summary>The pods, by all that sessions find them by.</summary>
internal sealed class PodIndex
{
    private readonly Dictionary<ObjectKey, Pod> _pods = [];
    private readonly KeyedSets<ObjectKey, ObjectKey> _bySession = new();
    private readonly KeyedSets<string, ObjectKey> _byAddress = new();

    public IEnumerable<Pod> All => _pods.Values;

    public bool TryGet(ObjectKey key, [NotNullWhen(true)] out Pod? pod) => _pods.TryGetValue(key, out pod);

    /// <summary>The pods that carry the label of this session.</summary>
    public IEnumerable<Pod> FindLabelled(ObjectKey session) => _bySession[session].Select(key => _pods[key]);

    /// <summary>
    /// The pods that show this address and could own it: those on the host's network share their node's address
    /// rightly, and ended ones have given theirs back.
    /// </summary>
    public IEnumerable<Pod> FindByAddress(string address) => _byAddress[address].Select(key => _pods[key]);

    /// <summary>
    /// Whether the pod's address is its own. Two pods can show one address for a while: a pod that vanished with its
    /// node keeps the address in its status while the network gives it to the next pod. The pod that started later owns
    /// it.
    /// </summary>
    public bool OwnsItsAddress(Pod pod) => pod.Address is { } address
        && (FindByAddress(address).Max(PodStartOrder.Instance) is not { } owner || owner.Uid == pod.Uid);

    /// <returns>What was known under this name before.</returns>
    public Pod? Set(Pod pod)
    {
        Pod? previous = Remove(pod.Key);
        _pods[pod.Key] = pod;
        if (FindSessionKey(pod) is { } session)
        {
            _bySession.Add(session, pod.Key);
        }
        if (FindClaimedAddress(pod) is { } address)
        {
            _byAddress.Add(address, pod.Key);
        }
        return previous;
    }

    /// <returns>What was known under this name.</returns>
    public Pod? Remove(ObjectKey key)
    {
        if (!_pods.Remove(key, out Pod? pod))
        {
            return null;
        }
        if (FindSessionKey(pod) is { } session)
        {
            _bySession.Remove(session, key);
        }
        if (FindClaimedAddress(pod) is { } address)
        {
            _byAddress.Remove(address, key);
        }
        return pod;
    }

    /// <summary>The session whose label the pod carries, whether or not it exists.</summary>
    public static ObjectKey? FindSessionKey(Pod pod) =>
        pod.Label(ClaudeSession.SessionLabel) is { } id ? new ObjectKey(ClaudeSession.KindName, pod.Namespace, id) : null;

    private static string? FindClaimedAddress(Pod pod) => pod.IsTerminal || pod.Spec is { HostNetwork: true } ? null : pod.Address;
}

/// <summary>Orders pods by when they started; pods of one second always in the same way.</summary>
internal sealed class PodStartOrder : IComparer<Pod>
{
    public static readonly PodStartOrder Instance = new();

    public int Compare(Pod? x, Pod? y)
    {
        int order = Nullable.Compare(x?.Status?.StartTime, y?.Status?.StartTime);
        order = order != 0 ? order : string.CompareOrdinal(x?.Uid, y?.Uid);
        // Only a directory can have two pods with one uid.
        order = order != 0 ? order : string.CompareOrdinal(x?.Namespace, y?.Namespace);
        return order != 0 ? order : string.CompareOrdinal(x?.Name, y?.Name);
    }
}
