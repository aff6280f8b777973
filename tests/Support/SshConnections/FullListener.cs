using System.Net;
using System.Net.Sockets;
using SshGateway.Tests.Support.Ssh;

namespace SshGateway.Tests.Support.SshConnections;

/// <summary>
/// A pod that is dialled in vain for as long as the test likes: its queue of connections that nobody accepts is full,
/// and then Linux drops what asks for another one (tcp(7), tcp_abort_on_overflow).
/// </summary>
internal sealed class FullListener : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Socket _filler = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public FullListener()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        // The queue has room for one more than it is asked to have.
        _listener.Listen(0);
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        _filler.Connect(EndPoint);
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>Somebody is waiting for a connection, or nobody is any more.</summary>
    public Task DialledAsync(bool expected = true) =>
        Eventually.TrueAsync(() => TcpTable.IsDialled(EndPoint) == expected, expected ? "nobody dials the pod" : "the pod is still being dialled");

    /// <summary>Takes the one that filled the queue, and then the one that waited.</summary>
    public async Task<Socket> AcceptAsync()
    {
        (await _listener.AcceptAsync().Limited()).Dispose();
        return await _listener.AcceptAsync().Limited();
    }

    public void Dispose()
    {
        _filler.Dispose();
        _listener.Dispose();
    }
}
