using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SshGateway.Proxy.Sockets;

/// <summary>What every connection, of clients and to pods, is set to.</summary>
internal static class TcpSettings
{
    // netinet/tcp.h, Linux.
    private const int IpProtoTcp = 6;
    private const int TcpQuickAck = 12;
    private const int TcpUserTimeout = 18;

    /// <param name="socket">The connection.</param>
    /// <param name="peerTimeout">A peer that does not answer, or takes nothing that is sent to it, for this long is gone.</param>
    /// <exception cref="SocketException">The connection has ended already.</exception>
    public static void Apply(Socket socket, TimeSpan? peerTimeout)
    {
        TimeSpan gone = peerTimeout ?? TimeSpan.FromMinutes(10);
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        // With TCP_USER_TIMEOUT the kernel does not count the probes: it gives up when that time has passed without an answer (tcp(7)). The number is there
        // for others than Linux.
        int idle = (int)Math.Min(60, gone.TotalSeconds / 2);
        int interval = (int)Math.Min(15, gone.TotalSeconds / 4);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, idle);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, interval);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 4);
        Set(socket, TcpUserTimeout, (int)gone.TotalMilliseconds);
    }

    /// <summary>The other end of a connected socket. A dual-mode listener sees IPv4 clients as ::ffff:a.b.c.d; they are named by their IPv4 address.</summary>
    /// <exception cref="SocketException">The connection has ended already.</exception>
    public static IPEndPoint RemoteEndPointOf(Socket socket)
    {
        var remote = (IPEndPoint)socket.RemoteEndPoint!;
        return remote.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(remote.Address.MapToIPv4(), remote.Port) : remote;
    }

    /// <summary>
    /// Acknowledges what was read at once instead of up to 40 ms later, which the peer's Nagle algorithm may be waiting for. The kernel forgets TCP_QUICKACK, so
    /// it is to be called each time.
    /// </summary>
    public static void AcknowledgeNow(Socket socket)
    {
        try
        {
            Set(socket, TcpQuickAck, 1);
        }
        catch (Exception problem) when (problem is SocketException or ObjectDisposedException)
        {
            // The connection just ended; the next read says so.
        }
    }

    /// <inheritdoc cref="IPeerSocket.ShutdownWrites"/>
    public static void ShutdownWrites(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception problem) when (problem is SocketException or ObjectDisposedException)
        {
            // Already gone.
        }
    }

    private static void Set(Socket socket, int option, int value) =>
        socket.SetRawSocketOption(IpProtoTcp, option, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));
}
