using System.Net;
using System.Net.Sockets;

namespace SshGateway.Operator.Routing;

/// <summary>
/// Which pod addresses may be routed to. An address is a claim of whoever writes the pod's status: one that means the
/// gateway's own machine, its neighbours or a group would turn the gateway into a way around the network's borders.
/// </summary>
internal static class AddressRules
{
    /// <summary>The address to route to; null when it is refused.</summary>
    public static IPAddress? Accept(string text, bool allowLoopback)
    {
        if (!IPAddress.TryParse(text, out IPAddress? address))
        {
            return null;
        }
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }
        if (IPAddress.IsLoopback(address))
        {
            return allowLoopback ? address : null;
        }
        bool refused = address.AddressFamily == AddressFamily.InterNetwork
            ? IsRefused(address.GetAddressBytes())
            : address.IsIPv6LinkLocal || address.IsIPv6Multicast || address.Equals(IPAddress.IPv6Any);
        return refused ? null : address;
    }

    // RFC 1122 section 3.2.1.3 (0.0.0.0/8), RFC 3927 (169.254.0.0/16), RFC 5771 (224.0.0.0/4), RFC 1112 (240.0.0.0/4).
    private static bool IsRefused(byte[] ipv4) => ipv4[0] is 0 or >= 224 || (ipv4[0] == 169 && ipv4[1] == 254);
}
