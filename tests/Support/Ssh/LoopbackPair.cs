using System.Net;
using System.Net.Sockets;

namespace SshGateway.Tests.Support.Ssh;

/// <summary>Two ends of a real TCP connection.</summary>
internal sealed class LoopbackPair : IDisposable
{
    private LoopbackPair(Socket connecting, Socket accepting)
    {
        Connecting = connecting;
        Accepting = accepting;
    }

    public Socket Connecting { get; }

    public Socket Accepting { get; }

    public static async Task<LoopbackPair> ConnectAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var connecting = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await connecting.ConnectAsync(listener.LocalEndPoint!);
        return new LoopbackPair(connecting, await listener.AcceptAsync());
    }

    public void Dispose()
    {
        Connecting.Dispose();
        Accepting.Dispose();
    }
}
