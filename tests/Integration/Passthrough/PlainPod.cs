using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using SshGateway.Tests.Support.Ssh;

namespace SshGateway.Tests.Integration.Passthrough;

/// <summary>A pod that is a TCP listener: the test is its program.</summary>
internal sealed class PlainPod : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Channel<Socket> _accepted = Channel.CreateUnbounded<Socket>();

    public PlainPod()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(128);
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        _ = AcceptAsync();
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>Connections that nobody has taken.</summary>
    public int Waiting => _accepted.Reader.Count;

    public Task<Socket> AcceptedAsync() => _accepted.Reader.ReadAsync().Limited();

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                await _accepted.Writer.WriteAsync(await _listener.AcceptAsync());
            }
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException)
        {
        }
    }
}
