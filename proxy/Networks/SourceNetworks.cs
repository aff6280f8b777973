using System.Net;
using SshGateway.Proxy.Configuration;

namespace SshGateway.Proxy.Networks;

/// <summary>Whom addresses are counted as, by the configured prefixes.</summary>
internal sealed class SourceNetworks(ProxyOptions options)
{
    public SourceNetwork Of(IPAddress address) => SourceNetwork.Of(address, options.SourcePrefixIPv4, options.SourcePrefixIPv6);
}
