using System.Net;
using System.Net.Sockets;

namespace SshGateway.Hosting.Networks;

/// <summary>Connects HTTP clients, as .NET's own handler does.</summary>
internal static class TcpConnection
{
    /// <param name="endPoint">An address, or a host name and a port.</param>
    /// <returns>A socket that sends small writes at once. The caller owns it.</returns>
    /// <exception cref="SocketException">It cannot be reached.</exception>
    public static async ValueTask<Socket> OpenAsync(EndPoint endPoint, CancellationToken cancellationToken)
    {
        // A socket without an address family takes both.
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
