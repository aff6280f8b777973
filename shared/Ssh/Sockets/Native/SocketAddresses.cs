using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace SshGateway.Ssh.Sockets.Native;

/// <summary>struct sockaddr of IPv4 and IPv6.</summary>
internal static class SocketAddresses
{
    /// <summary>sizeof(struct sockaddr_in6).</summary>
    public const int MaxSize = 28;

    // <bits/socket.h>
    private const ushort Inet6 = 10;

    //  uint16  sin_family, in the machine's order
    //  uint16  sin_port
    //  4 bytes sin_addr
    //
    //  uint16   sin6_family
    //  uint16   sin6_port
    //  uint32   sin6_flowinfo
    //  16 bytes sin6_addr
    //  uint32   sin6_scope_id, in the machine's order
    public static IPEndPoint Read(ReadOnlySpan<byte> address)
    {
        int port = BinaryPrimitives.ReadUInt16BigEndian(address[2..]);
        return BitConverter.ToUInt16(address) == Inet6
            ? Unmap(new IPEndPoint(new IPAddress(address[8..24], BitConverter.ToUInt32(address[24..])), port))
            : new IPEndPoint(new IPAddress(address[4..8]), port);
    }

    /// <summary>
    /// A dual-mode listener sees IPv4 clients as ::ffff:a.b.c.d; they are named by their IPv4 address.
    /// </summary>
    public static IPEndPoint Unmap(IPEndPoint address) =>
        address.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(address.Address.MapToIPv4(), address.Port) : address;
}
