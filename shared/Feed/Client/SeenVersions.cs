
namespace SshGateway.Feed.Client;

/// <summary>The highest versions of each namespace that the table has seen, from whatever operator.</summary>
internal sealed class SeenVersions
{
    private readonly Dictionary<string, NamespaceVersions> _namespaces = new(StringComparer.Ordinal);

    public void Raise(Versions? seen)
    {
        foreach (NamespaceVersions item in seen?.Namespaces ?? [])
        {
            if (!_namespaces.TryGetValue(item.Namespace, out NamespaceVersions? highest))
            {
                _namespaces[item.Namespace] = highest = new NamespaceVersions { Namespace = item.Namespace };
            }
            highest.Sessions = Math.Max(highest.Sessions, item.Sessions);
            highest.Pods = Math.Max(highest.Pods, item.Pods);
            highest.ConfigMaps = Math.Max(highest.ConfigMaps, item.ConfigMaps);
            highest.Secrets = Math.Max(highest.Secrets, item.Secrets);
        }
    }

    public void Forget() => _namespaces.Clear();

    public Versions ToMessage() => new() { Namespaces = { _namespaces.Values.Select(n => n.Clone()) } };
}
