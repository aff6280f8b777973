using System.Net;
using System.Net.Sockets;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Sockets.Epoll;
using SshGateway.Ssh.Sockets.Native;

namespace SshGateway.Tests.Support.Ssh;

/// <summary>.NET's sockets as the gateway's own listener would have accepted them.</summary>
internal static class AcceptedSockets
{
    /// <param name="connected">Nothing has been awaited on it: .NET's engine would watch it as well.</param>
    /// <param name="timeouts">When its peer is gone.</param>
    public static AcceptedSocket AsAccepted(this Socket connected, PeerTimeouts timeouts)
    {
        connected.Blocking = false;
        TcpSettings.Apply(connected.SafeHandle, timeouts);
#pragma warning disable CA1816 // Its finalizer would close the descriptor, which is another's now.
        GC.SuppressFinalize(connected);
#pragma warning restore CA1816
        return new AcceptedSocket(connected.SafeHandle, SocketAddresses.Unmap((IPEndPoint)connected.RemoteEndPoint!));
    }
}
