using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SshGateway.Ssh.Sockets.Native;

/// <summary>errno of Linux to what .NET calls it.</summary>
internal static class SocketErrors
{
    public static SocketException Create(int error) => new((int)(error switch
    {
        23 or 24 => SocketError.TooManyOpenSockets,
        32 => SocketError.ConnectionReset,
        101 => SocketError.NetworkUnreachable,
        103 => SocketError.ConnectionAborted,
        104 => SocketError.ConnectionReset,
        107 => SocketError.NotConnected,
        110 => SocketError.TimedOut,
        111 => SocketError.ConnectionRefused,
        113 => SocketError.HostUnreachable,
        _ => SocketError.SocketError,
    }), Marshal.GetPInvokeErrorMessage(error));
}
