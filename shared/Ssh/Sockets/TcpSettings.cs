using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SshGateway.Ssh.Sockets;

/// <summary>What every connection, of clients and to pods, is set to.</summary>
internal static class TcpSettings
{
    // netinet/tcp.h, Linux.
    private const int IpProtoTcp = 6;
    private const int TcpQuickAck = 12;
    private const int TcpUserTimeout = 18;

    // Seconds.
    private const int FirstProbe = 60;
    private const int ProbeInterval = 15;

    // MAX_TCP_KEEPCNT.
    private const int MaxProbes = 127;
    private const int MinProbes = 4;

    /// <summary>Begins as a connection that data is under way on.</summary>
    /// <param name="timeouts">When its peer is gone.</param>
    /// <exception cref="SocketException">The connection has ended already.</exception>
    public static void Apply(Socket socket, PeerTimeouts timeouts)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        // Probes begin early, so that routers on the way do not forget the connection; what they are counted for is how
        // long nobody answers. An answer begins it anew.
        int idle = (int)Math.Min(FirstProbe, timeouts.Silent.TotalSeconds / 2);
        double rest = timeouts.Silent.TotalSeconds - idle;
        int count = (int)Math.Clamp(rest / ProbeInterval, MinProbes, MaxProbes);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, idle);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, (int)Math.Ceiling(rest / count));
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, count);
        LimitUnacknowledged(socket, timeouts);
    }

    /// <summary>Data may be under way: a peer that does not acknowledge it, or take it, in time is gone.</summary>
    /// <exception cref="SocketException">The connection has ended already.</exception>
    public static void LimitUnacknowledged(Socket socket, PeerTimeouts timeouts) => Set(socket, TcpUserTimeout, (int)timeouts.Unacknowledged.TotalMilliseconds);

    /// <summary>
    /// No data is under way, and the probes are counted. With TCP_USER_TIMEOUT Linux would not: it gives up with the
    /// first probe that goes unanswered once that time has passed since the last answer (tcp(7); tcp_keepalive_timer in
    /// net/ipv4/tcp_timer.c).
    /// </summary>
    /// <exception cref="SocketException">The connection has ended already.</exception>
    public static void CountProbes(Socket socket) => Set(socket, TcpUserTimeout, 0);

    /// <summary>
    /// The other end of a connected socket. A dual-mode listener sees IPv4 clients as ::ffff:a.b.c.d; they are named by
    /// their IPv4 address.
    /// </summary>
    /// <exception cref="SocketException">The connection has ended already.</exception>
    public static IPEndPoint RemoteEndPointOf(Socket socket)
    {
        var remote = (IPEndPoint)socket.RemoteEndPoint!;
        return remote.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(remote.Address.MapToIPv4(), remote.Port) : remote;
    }

    /// <summary>
    /// Acknowledges what was read at once instead of up to 40 ms later, which the peer's Nagle algorithm may be waiting
    /// for. The kernel forgets TCP_QUICKACK, so it is to be called each time.
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
