using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Watching;

/// <summary>Says which objects cannot be decoded, once for each version.</summary>
internal sealed class ObjectDecoding<T>(WatchingMetrics metrics, ILogger logger)
    where T : KubernetesObject
{
    private readonly Dictionary<ObjectKey, string> _reported = [];

    public void Report(IReadOnlyList<DecodedObject<T>> list)
    {
        foreach (DecodedObject<T> item in list)
        {
            Report(item);
        }
    }

    public void Report(DecodedObject<T> item)
    {
        if (item.Problem is null)
        {
            _reported.Remove(item.Key);
            return;
        }
        if (_reported.GetValueOrDefault(item.Key) != item.ResourceVersion)
        {
            _reported[item.Key] = item.ResourceVersion;
            metrics.Undecodable(item.Key.Kind);
            WatchingLog.Undecodable(logger, item.Key, item.Problem);
        }
    }

    public void Forget(ObjectKey key) => _reported.Remove(key);
}
