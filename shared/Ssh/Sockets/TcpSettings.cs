using System.Net.Sockets;
using System.Runtime.InteropServices;
using SshGateway.Ssh.Sockets.Native;

namespace SshGateway.Ssh.Sockets;

/// <summary>What every connection, of clients and to pods, is set to.</summary>
internal static class TcpSettings
{
    // asm-generic/socket.h, netinet/tcp.h, Linux.
    private const int SoKeepAlive = 9;
    private const int TcpNoDelay = 1;
    private const int TcpKeepIdle = 4;
    private const int TcpKeepInterval = 5;
    private const int TcpKeepCount = 6;
    private const int TcpQuickAck = 12;
    private const int TcpUserTimeout = 18;

    // Seconds.
    private const int FirstProbe = 60;
    private const int ProbeInterval = 15;

    // MAX_TCP_KEEPCNT.
    private const int MaxProbes = 127;
    private const int MinProbes = 4;

    /// <summary>Begins as a connection that data is under way on. What a listener accepts inherits all of it.</summary>
    /// <param name="timeouts">When its peer is gone.</param>
    /// <exception cref="SocketException">The connection has ended already.</exception>
    public static void Apply(SafeHandle socket, PeerTimeouts timeouts)
    {
        Set(socket, TcpNoDelay, 1);
        SocketHandle.SetOption(socket, LibC.SocketLevel, SoKeepAlive, 1);
        // Probes begin early, so that routers on the way do not forget the connection; what they are counted for is how
        // long nobody answers. An answer begins it anew.
        int idle = (int)Math.Min(FirstProbe, timeouts.Silent.TotalSeconds / 2);
        double rest = timeouts.Silent.TotalSeconds - idle;
        int count = (int)Math.Clamp(rest / ProbeInterval, MinProbes, MaxProbes);
        Set(socket, TcpKeepIdle, idle);
        Set(socket, TcpKeepInterval, (int)Math.Ceiling(rest / count));
        Set(socket, TcpKeepCount, count);
        LimitUnacknowledged(socket, timeouts);
    }

    /// <summary>Data may be under way: a peer that does not acknowledge it, or take it, in time is gone.</summary>
    /// <exception cref="SocketException">The connection has ended already.</exception>
    public static void LimitUnacknowledged(SafeHandle socket, PeerTimeouts timeouts) => Set(socket, TcpUserTimeout, (int)timeouts.Unacknowledged.TotalMilliseconds);

    /// <summary>
    /// No data is under way, and the probes are counted. With TCP_USER_TIMEOUT Linux would not: it gives up with the
    /// first probe that goes unanswered once that time has passed since the last answer (tcp(7); tcp_keepalive_timer in
    /// net/ipv4/tcp_timer.c).
    /// </summary>
    /// <exception cref="SocketException">The connection has ended already.</exception>
    public static void CountProbes(SafeHandle socket) => Set(socket, TcpUserTimeout, 0);

    /// <summary>
    /// Acknowledges what was read at once instead of up to 40 ms later, which the peer's Nagle algorithm may be waiting
    /// for. The kernel forgets TCP_QUICKACK, so it is to be called each time.
    /// </summary>
    public static void AcknowledgeNow(SafeHandle socket)
    {
        try
        {
            // It may fail: that the connection just ended, the next read says.
            LibC.SetOption(socket, LibC.TcpLevel, TcpQuickAck, 1);
        }
        catch (ObjectDisposedException)
        {
            // The same.
        }
    }

    private static void Set(SafeHandle socket, int option, int value) => SocketHandle.SetOption(socket, LibC.TcpLevel, option, value);
}
