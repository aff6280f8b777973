using System.Net.Sockets;
using SshGateway.Ssh.Sockets.Native;

namespace SshGateway.Ssh.Sockets.Epoll;

/// <summary>A listening socket of an <see cref="EventLoop"/>.</summary>
internal sealed class EpollListener : IEventHandler, IDisposable
{
    private readonly Socket _socket;
    private readonly EventLoop _loop;
    private readonly int _descriptor;
    private readonly Readiness _pending = new();
    private readonly ulong _registration;

    /// <param name="listening">Owned from here on. Nothing has been awaited on it: .NET's engine would watch it as
    /// well.</param>
    /// <param name="loop">Whose thread it is accepted on.</param>
    public EpollListener(Socket listening, EventLoop loop)
    {
        (_socket, _loop) = (listening, loop);
        listening.Blocking = false;
        _descriptor = (int)listening.Handle;
        _registration = loop.Add(this, _descriptor);
    }

    /// <summary>The next connection, in a turn of its own; null: this has been stopped.</summary>
    /// <exception cref="SocketException">It cannot be accepted, mostly for want of descriptors.</exception>
    public async ValueTask<Socket?> AcceptAsync()
    {
        await _loop.YieldAsync(LoopPriority.Handshake);
        while (!_pending.IsAborted)
        {
            if (TryAccept() is { } client)
            {
                return client;
            }
            await _pending.WaitAsync().ConfigureAwait(false);
        }
        return null;
    }

    /// <summary>A connection that waits to be accepted, or null.</summary>
    /// <inheritdoc cref="AcceptAsync" path="/exception"/>
    public Socket? TryAccept() => LibC.Accept(_descriptor) switch
    {
        >= 0 and int client => Take(new Socket(new SafeSocketHandle(client, ownsHandle: true)), client),
        -LibC.Again => null,
        int error => throw SocketErrors.Create(-error),
    };

    private static Socket Take(Socket client, int descriptor)
    {
        if (Descriptors.IsTooHighForClient(descriptor))
        {
            client.Dispose();
            throw new SocketException((int)SocketError.TooManyOpenSockets);
        }
        return client;
    }

    /// <summary>Ends <see cref="AcceptAsync"/>. What waits can still be accepted by <see cref="TryAccept"/>.</summary>
    public void Stop() => _pending.Abort();

    public void Dispose()
    {
        Stop();
        _loop.Remove(_registration);
        _socket.Dispose();
    }

    public void OnEvents(uint events) => _pending.Signal();
}
