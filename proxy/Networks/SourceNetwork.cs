using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace SshGateway.Proxy.Networks;

/// <summary>
/// Whom an address is counted as: itself for IPv4, its /64 for IPv6, of which everybody has as many addresses as he likes. The prefixes can be set.
/// </summary>
internal readonly record struct SourceNetwork
{
    private SourceNetwork(bool isV6, UInt128 prefix)
    {
        IsV6 = isV6;
        Prefix = prefix;
    }

    public bool IsV6 { get; }

    public UInt128 Prefix { get; }

    /// <param name="address">An IPv4 address as such, not mapped into IPv6.</param>
    /// <param name="v4Prefix">Bits of an IPv4 address that count.</param>
    /// <param name="v6Prefix">Bits of an IPv6 address that count.</param>
    public static SourceNetwork Of(IPAddress address, int v4Prefix, int v6Prefix)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        address.TryWriteBytes(bytes, out int length);
        bool isV6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        int kept = isV6 ? v6Prefix : v4Prefix;
        UInt128 mask = kept == 0 ? UInt128.Zero : UInt128.MaxValue << (128 - kept);
        return new SourceNetwork(isV6, BinaryPrimitives.ReadUInt128BigEndian(bytes) & mask);
    }
}
