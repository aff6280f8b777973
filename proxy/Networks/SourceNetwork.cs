using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace SshGateway.Proxy.Networks;

/// <summary>The network that an address counts as, for all limits per source.</summary>
internal readonly record struct SourceNetwork(bool IsV6, UInt128 Prefix);

/// <summary>
/// Finds the network that an address counts as: by default the address itself for IPv4, and its /64 for IPv6, because
/// one host has as many addresses of its /64 as it likes.
/// </summary>
/// <param name="v4Prefix">Bits of an IPv4 address that count.</param>
/// <param name="v6Prefix">Bits of an IPv6 address that count.</param>
internal sealed class SourceNetworks(int v4Prefix, int v6Prefix)
{
    // The most that one site is commonly assigned (RFC 6177).
    private const int SitePrefix = 48;

    /// <param name="address">An IPv4 address as such, not mapped into IPv6.</param>
    public SourceNetwork Find(IPAddress address) => Find(address, v6Prefix);

    /// <summary>The network of several IPv6 sources that one person may have.</summary>
    /// <inheritdoc cref="Find(IPAddress)" path="/param"/>
    public SourceNetwork FindSite(IPAddress address) => Find(address, Math.Min(v6Prefix, SitePrefix));

    private SourceNetwork Find(IPAddress address, int v6Bits)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        address.TryWriteBytes(bytes, out _);
        bool isV6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        int kept = isV6 ? v6Bits : v4Prefix;
        UInt128 mask = kept == 0 ? UInt128.Zero : UInt128.MaxValue << (128 - kept);
        return new SourceNetwork(isV6, BinaryPrimitives.ReadUInt128BigEndian(bytes) & mask);
    }
}
