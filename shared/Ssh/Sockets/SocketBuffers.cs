using System.Net.Sockets;
using System.Runtime.InteropServices;
using SshGateway.Ssh.Sockets.Native;

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
    private const int SoSndBuf = 7;
    private const int SoRcvBuf = 8;
    private const int SoRcvLowat = 18;
    private const int SoBufLock = 72;
    private const int LockSend = 1;
    private const int LockReceive = 2;
    private const int TcpNotSentLowat = 25;

    // The last window that the kernel granted as it is: it does so again.
    private static volatile int _granted;

    /// <summary>Call before it listens or connects, which fixes the window scale. Accepted ones inherit it.</summary>
    /// <param name="window">Bytes under way in each direction; 0: the kernel decides.</param>
    /// <returns>
    /// The window that the kernel grants: less than was asked for on Linux before 5.14 if net.core.rmem_max is lower.
    /// </returns>
    public static int Limit(SafeHandle socket, int window)
    {
        if (window == 0)
        {
            return 0;
        }
        // The kernel doubles both for its own overhead, and offers the peer about half of the first as a window
        // (socket(7), tcp(7)). What is sent has hardly any overhead.
        Set(socket, SoRcvBuf, window);
        Set(socket, SoSndBuf, window / 2);
        if (window == _granted)
        {
            return window;
        }
        int receive = Get(socket, SoRcvBuf);
        int send = Get(socket, SoSndBuf);
        if (receive >= 2 * window && send >= window)
        {
            _granted = window;
            return window;
        }
        PassSystemLimits(socket, window, isSendLimited: send >= window);
        return Math.Min(window, Get(socket, SoRcvBuf) / 2);
    }

    /// <inheritdoc cref="Limit"/>
    public static int FindGranted(int window)
    {
        using SocketHandle socket = SocketHandle.Create(AddressFamily.InterNetwork);
        return Limit(socket, window);
    }

    // Many nodes have 208 KiB in net.core.rmem_max and wmem_max, with which a transfer over 100 ms would not be faster
    // than 2 MB/s. SO_RCVLOWAT makes the receive buffer as large as it needs within net.ipv4.tcp_rmem. The send buffer
    // is the kernel's again, up to net.ipv4.tcp_wmem, and holds little that was not sent: less than the window for a
    // peer that reads nothing, more only for one that acknowledges nothing.
    private static void PassSystemLimits(SafeHandle socket, int window, bool isSendLimited)
    {
        try
        {
            Set(socket, SoBufLock, isSendLimited ? LockSend : 0);
        }
        catch (SocketException)
        {
            // Linux before 5.14.
            return;
        }
        Set(socket, SoRcvLowat, window);
        Set(socket, SoRcvLowat, 1);
        Set(socket, SoBufLock, isSendLimited ? LockSend | LockReceive : LockReceive);
        if (!isSendLimited)
        {
            SocketHandle.SetOption(socket, LibC.TcpLevel, TcpNotSentLowat, window / 4);
        }
    }

    private static void Set(SafeHandle socket, int option, int value) => SocketHandle.SetOption(socket, LibC.SocketLevel, option, value);

    private static int Get(SafeHandle socket, int option) => SocketHandle.GetOption(socket, LibC.SocketLevel, option);
}
