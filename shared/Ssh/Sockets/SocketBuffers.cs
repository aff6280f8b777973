using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SshGateway.Ssh.Sockets;

/// <summary>
/// Bytes that may be under way in each direction of a connection, and of which the kernel holds up to three times as
/// many for both; 0: the kernel decides.
/// </summary>
/// <param name="Accepted">Of connections that are accepted.</param>
/// <param name="Connected">Of connections that are made.</param>
internal readonly record struct TcpWindows(int Accepted, int Connected);

/// <summary>Bounds what the kernel holds for a connection whose peer, or whose reader here, reads nothing.</summary>
internal static class SocketBuffers
{
    // asm-generic/socket.h, netinet/tcp.h, Linux.
    private const int SolSocket = 1;
    private const int SoRcvLowat = 18;
    private const int SoBufLock = 72;
    private const int LockSend = 1;
    private const int LockReceive = 2;
    private const int IpProtoTcp = 6;
    private const int TcpNotSentLowat = 25;

    /// <summary>Call before it listens or connects, which fixes the window scale. Accepted ones inherit it.</summary>
    /// <param name="window">Bytes under way in each direction; 0: the kernel decides.</param>
    /// <returns>
    /// The window that the kernel grants: less than was asked for on Linux before 5.14 if net.core.rmem_max is lower.
    /// </returns>
    public static int Limit(Socket socket, int window)
    {
        if (window == 0)
        {
            return 0;
        }
        // The kernel doubles both for its own overhead, and offers the peer about half of the first as a window
        // (socket(7), tcp(7)). What is sent has hardly any overhead.
        socket.ReceiveBufferSize = window;
        socket.SendBufferSize = window / 2;
        if (socket.ReceiveBufferSize < 2 * window || socket.SendBufferSize < window)
        {
            PassSystemLimits(socket, window);
        }
        return Math.Min(window, socket.ReceiveBufferSize / 2);
    }

    /// <inheritdoc cref="Limit"/>
    public static int FindGranted(int window)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        return Limit(socket, window);
    }

    // Many nodes have 208 KiB in net.core.rmem_max and wmem_max, with which a transfer over 100 ms would not be faster
    // than 2 MB/s. SO_RCVLOWAT makes the receive buffer as large as it needs within net.ipv4.tcp_rmem. The send buffer
    // is the kernel's again, up to net.ipv4.tcp_wmem, and holds little that was not sent: less than the window for a
    // peer that reads nothing, more only for one that acknowledges nothing.
    private static void PassSystemLimits(Socket socket, int window)
    {
        bool isSendLimited = socket.SendBufferSize >= window;
        try
        {
            Set(socket, SolSocket, SoBufLock, isSendLimited ? LockSend : 0);
        }
        catch (SocketException)
        {
            // Linux before 5.14.
            return;
        }
        Set(socket, SolSocket, SoRcvLowat, window);
        Set(socket, SolSocket, SoRcvLowat, 1);
        Set(socket, SolSocket, SoBufLock, isSendLimited ? LockSend | LockReceive : LockReceive);
        if (!isSendLimited)
        {
            Set(socket, IpProtoTcp, TcpNotSentLowat, window / 4);
        }
    }

    private static void Set(Socket socket, int level, int option, int value) =>
        socket.SetRawSocketOption(level, option, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));
}
