using System.Net;
using SshGateway.Hosting.Networks;

namespace SshGateway.Operator.Routing;

/// <summary>
/// Which pod addresses may be routed to. An address is a claim of whoever writes the pod's status: one that means the
/// gateway's own machine, its neighbours or a group would turn the gateway into a way around the network's borders.
/// </summary>
internal static class AddressRules
{
    private static readonly NetworkSet Refused = new(
    [
        "0.0.0.0/8", // this network (RFC 1122 section 3.2.1.3)
        "169.254.0.0/16", "fe80::/10", // link-local (RFC 3927, RFC 4291); instance metadata of most clouds
        "224.0.0.0/4", "ff00::/8", // multicast (RFC 5771, RFC 4291)
        "240.0.0.0/4", // reserved, and the broadcast address (RFC 1112)
        "fec0::/10", // site-local (RFC 3879)
        "::/96", // unspecified, and IPv4-compatible (RFC 4291 section 2.5.5.1)
        "64:ff9b::/96", "64:ff9b:1::/48", // NAT64: an IPv4 address in another form (RFC 6052, RFC 8215)
        "2002::/16", "192.88.99.0/24", // 6to4 (RFC 3056, RFC 7526)
        "2001::/32", // Teredo (RFC 4380)
        "192.0.0.0/24", // protocol assignments (RFC 6890); instance metadata of Oracle
        "100.100.100.200/32", // instance metadata of Alibaba Cloud
        "168.63.129.16/32", // platform services of Azure
        "fd00:ec2::254/128", // instance metadata of AWS
        "fd20:ce::254/128", // instance metadata of Google Cloud
    ]);

    /// <summary>The address to route to; null when it is refused.</summary>
    public static IPAddress? Accept(string text, RoutingOptions options)
    {
        if (!IPAddress.TryParse(text, out IPAddress? address))
        {
            return null;
        }
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }
        bool accepted = IPAddress.IsLoopback(address)
            ? options.AllowLoopbackPods
            : !Refused.Contains(address) && options.PodNetworks?.Contains(address) != false;
        return accepted ? address : null;
    }
}
