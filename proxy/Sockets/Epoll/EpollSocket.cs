using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SshGateway.Proxy.Sockets.Epoll;

/// <summary>A socket of an <see cref="EventLoop"/>.</summary>
internal sealed class EpollSocket : IPeerSocket
{
    private readonly Socket _socket;
    private readonly EventLoop _loop;
    private readonly TimeSpan _peerTimeout;
    private readonly int _descriptor;
    private readonly Readiness _readable = new();
    private readonly Readiness _writable = new();
    private readonly Lock _closing = new();
    private volatile bool _hungUp;
    private bool _drained;
    private ulong _registration;
    private bool _closed;

    private EpollSocket(Socket socket, IPEndPoint remote, EventLoop loop, TimeSpan peerTimeout)
    {
        (_socket, _loop, _peerTimeout, RemoteEndPoint) = (socket, loop, peerTimeout, remote);
        TcpSettings.Apply(socket, peerTimeout);
        _descriptor = (int)socket.Handle;
        // For splice, which has no flag of its own for sockets.
        _ = EpollCalls.fcntl(_descriptor, EpollCalls.SetStatusFlags, EpollCalls.NonBlocking);
    }

    public IPEndPoint RemoteEndPoint { get; private set; }

    public SafeSocketHandle Handle => _socket.SafeHandle;

    /// <summary>A connected socket, which nothing has been awaited on: .NET's engine would watch it as well. It is owned from here on.</summary>
    public static EpollSocket Adopt(Socket connected, EventLoop loop, TimeSpan peerTimeout)
    {
        var socket = new EpollSocket(connected, TcpSettings.RemoteEndPointOf(connected), loop, peerTimeout);
        socket.Register();
        return socket;
    }

    public void ActsFor(IPEndPoint client) => RemoteEndPoint = client;

    public async ValueTask<IPeerSocket> ConnectAnotherAsync(IPEndPoint endpoint, CancellationToken cancel)
    {
        var another = new EpollSocket(new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp), endpoint, _loop, _peerTimeout);
        try
        {
            using (cancel.UnsafeRegister(static socket => ((EpollSocket)socket!).Abort(), another))
            {
                await another.ConnectAsync().ConfigureAwait(false);
            }
            return another;
        }
        catch (Exception failure)
        {
            another.Dispose();
            if (failure is ObjectDisposedException)
            {
                cancel.ThrowIfCancellationRequested();
            }
            throw;
        }
    }

    // Without a system call where the last read or event says it all.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WaitReadableAsync(CancellationToken cancellation = default)
    {
        while (_drained || !HasInput())
        {
            cancellation.ThrowIfCancellationRequested();
            // Who is woken for nothing looks again.
            using (cancellation.UnsafeRegister(static readable => ((Readiness)readable!).Signal(), _readable))
            {
                await _readable.WaitAsync().ConfigureAwait(false);
            }
            _drained = false;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        while (true)
        {
            if (!_drained && TryReceive(buffer.Span, 0, out int count))
            {
                // Edge-triggered: with less than was asked for the queue is empty, and more is told, but for an end that has been told already.
                _drained = count < buffer.Length && !_hungUp;
                return count;
            }
            await _readable.WaitAsync().ConfigureAwait(false);
            _drained = false;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        while (true)
        {
            bytes = bytes[Send(bytes.Span)..];
            if (bytes.IsEmpty)
            {
                return;
            }
            await _writable.WaitAsync().ConfigureAwait(false);
        }
    }

    public NextTurn NextTurnAsync() => new(_loop);

    public void AcknowledgeNow() => TcpSettings.AcknowledgeNow(_socket);

    public void ShutdownWrites() => TcpSettings.ShutdownWrites(_socket);

    public void Abort()
    {
        bool isCutShort = _readable.Abort() | _writable.Abort();
        lock (_closing)
        {
            if (_closed)
            {
                return;
            }
            // The descriptor is not closed yet: its number could be another connection's by the time a call that is under way uses it.
            if (isCutShort)
            {
                Reset();
            }
            else
            {
                // What was written still arrives.
                _ = EpollCalls.shutdown(_descriptor, EpollCalls.ShutdownBoth);
            }
        }
    }

    public void Dispose()
    {
        Abort();
        lock (_closing)
        {
            if (_closed)
            {
                return;
            }
            _closed = true;
            _loop.Remove(_registration);
            _socket.Dispose();
        }
    }

    /// <summary>By the loop.</summary>
    public void OnEvents(uint events)
    {
        if ((events & (EpollCalls.PeerHangUp | EpollCalls.HangUp | EpollCalls.Error)) != 0)
        {
            _hungUp = true;
        }
        if ((events & (EpollCalls.Readable | EpollCalls.PeerHangUp | EpollCalls.HangUp | EpollCalls.Error)) != 0)
        {
            _readable.Signal();
        }
        if ((events & (EpollCalls.Writable | EpollCalls.HangUp | EpollCalls.Error)) != 0)
        {
            _writable.Signal();
        }
    }

    // Only once it is being connected: an idle socket counts as hung up.
    private void Register()
    {
        lock (_closing)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(IPeerSocket));
            _registration = _loop.Add(this, _descriptor);
        }
    }

    private async Task ConnectAsync()
    {
        int error = StartConnecting();
        Register();
        if (error == EpollCalls.InProgress)
        {
            await _writable.WaitAsync().ConfigureAwait(false);
            // .NET's name of it, not errno.
            if ((int)_socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)! is not 0 and int failure)
            {
                throw new SocketException(failure);
            }
        }
        else if (error != 0)
        {
            throw SocketErrors.Of(error);
        }
    }

    // errno, or 0.
    private unsafe int StartConnecting()
    {
        SocketAddress address = RemoteEndPoint.Serialize();
        fixed (byte* pointer = address.Buffer.Span)
        {
            return EpollCalls.connect(_descriptor, pointer, address.Size) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
    }

    private bool HasInput() => TryReceive(stackalloc byte[1], EpollCalls.Peek, out _);

    // False: nothing has arrived.
    private unsafe bool TryReceive(Span<byte> buffer, int flags, out int count)
    {
        while (true)
        {
            ThrowIfAborted(_readable);
            fixed (byte* pointer = buffer)
            {
                count = (int)EpollCalls.recv(_descriptor, pointer, buffer.Length, flags | EpollCalls.DontWait);
            }
            if (count > 0)
            {
                return true;
            }
            if (count == 0)
            {
                // An abort looks like the peer's close.
                ThrowIfAborted(_readable);
                return true;
            }
            int error = Marshal.GetLastPInvokeError();
            if (error == EpollCalls.Again)
            {
                return false;
            }
            ThrowUnlessInterrupted(error);
        }
    }

    private unsafe int Send(ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            ThrowIfAborted(_writable);
            nint count;
            fixed (byte* pointer = bytes)
            {
                count = EpollCalls.send(_descriptor, pointer, bytes.Length, EpollCalls.DontWait | EpollCalls.NoSignal);
            }
            if (count >= 0)
            {
                return (int)count;
            }
            int error = Marshal.GetLastPInvokeError();
            if (error == EpollCalls.Again)
            {
                return 0;
            }
            ThrowUnlessInterrupted(error);
        }
    }

    // A connect to AF_UNSPEC (connect(2)).
    private unsafe void Reset()
    {
        byte* nowhere = stackalloc byte[16];
        new Span<byte>(nowhere, 16).Clear();
        _ = EpollCalls.connect(_descriptor, nowhere, 16);
    }

    private static void ThrowIfAborted(Readiness direction) => ObjectDisposedException.ThrowIf(direction.IsAborted, typeof(IPeerSocket));

    private static void ThrowUnlessInterrupted(int error)
    {
        if (error != EpollCalls.Interrupted)
        {
            throw SocketErrors.Of(error);
        }
    }
}
