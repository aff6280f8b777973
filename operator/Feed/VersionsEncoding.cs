using SshGateway.Feed;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Feed;

/// <summary>How far the cluster was read, as the feed's messages say it.</summary>
internal static class VersionsEncoding
{
    /// <param name="told">What the proxy knows already: left out.</param>
    public static Versions Encode(ClusterVersions versions, ClusterVersions told = default) => new()
    {
        Namespaces = { versions.Namespaces.Except(told.Namespaces).Select(Encode) },
    };

    public static ClusterVersions Decode(Versions versions) => new([.. versions.Namespaces.Select(Decode)]);

    private static NamespaceVersions Encode(ReadVersions read) =>
        new() { Namespace = read.Namespace, Sessions = read.Sessions, Pods = read.Pods, ConfigMaps = read.ConfigMaps, Secrets = read.Secrets };

    private static ReadVersions Decode(NamespaceVersions read) =>
        new(read.Namespace, read.Sessions, read.Pods) { ConfigMaps = read.ConfigMaps, Secrets = read.Secrets };
}
