using SshGateway.Operator.Model;

namespace SshGateway.Tests.Support;

/// <summary>What a source's changes add up to.</summary>
internal sealed class ClusterState
{
    private readonly Dictionary<ObjectKey, KubernetesObject> _objects = [];

    /// <summary>In the order of the names.</summary>
    public ClusterObjects Objects => new([.. Ordered<ClaudeSession>()], [.. Ordered<Pod>()]) { KeyObjects = [.. Ordered<KeyObject>()] };

    public void Apply(ClusterChanges changes)
    {
        foreach (ObjectKey key in changes.Removed)
        {
            _objects.Remove(key);
        }
        foreach (KubernetesObject set in changes.Sessions.Concat<KubernetesObject>(changes.Pods).Concat(changes.KeyObjects))
        {
            _objects[set.Key] = set;
        }
    }

    private IEnumerable<T> Ordered<T>()
        where T : KubernetesObject => _objects.Values.OfType<T>().OrderBy(o => o.Key.ToString(), StringComparer.Ordinal);
}
