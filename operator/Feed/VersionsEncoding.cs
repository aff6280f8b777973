using SshGateway.Feed;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Feed;

/// <summary>How far the cluster was read, as the feed's messages say it.</summary>
internal static class VersionsEncoding
{
    /// <param name="told">What the proxy knows already: left out.</param>
    public static Versions Encode(ClusterVersions versions, ClusterVersions told = default) => new()
    {
        Namespaces = { versions.Namespaces.Except(told.Namespaces).Select(n => new NamespaceVersions { Namespace = n.Namespace, Sessions = n.Sessions, Pods = n.Pods }) },
    };

    public static ClusterVersions Decode(Versions versions) => new([.. versions.Namespaces.Select(n => new ReadVersions(n.Namespace, n.Sessions, n.Pods))]);
}
