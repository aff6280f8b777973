using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
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
    public async ValueTask<AcceptedSocket?> AcceptAsync()
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
    public AcceptedSocket? TryAccept()
    {
        Span<byte> address = stackalloc byte[SocketAddresses.MaxSize];
        int descriptor = LibC.Accept(_descriptor, address);
        if (descriptor < 0)
        {
            return descriptor == -LibC.Again ? null : throw SocketErrors.Create(-descriptor);
        }
        var handle = new SocketHandle(descriptor);
        if (Descriptors.IsTooHighForClient(descriptor))
        {
            handle.Dispose();
            throw new SocketException((int)SocketError.TooManyOpenSockets);
        }
        return new AcceptedSocket(handle, SocketAddresses.Read(address));
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

/// <summary>A connection that has been accepted, and that no loop has yet.</summary>
/// <param name="handle">Owned.</param>
/// <param name="remoteEndPoint">The peer.</param>
internal sealed class AcceptedSocket(SafeHandle handle, IPEndPoint remoteEndPoint) : IDisposable
{
    public SafeHandle Handle => handle;

    public IPEndPoint RemoteEndPoint => remoteEndPoint;

    public void Dispose() => handle.Dispose();
}
