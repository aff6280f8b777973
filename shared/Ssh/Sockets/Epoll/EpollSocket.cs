using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SshGateway.Ssh.Sockets.Native;

namespace SshGateway.Ssh.Sockets.Epoll;

/// <summary>A socket of an <see cref="EventLoop"/>.</summary>
internal sealed class EpollSocket : IPeerSocket, IEventHandler
{
    // Behind small reads there may be a Nagle algorithm waiting; bulk data is acknowledged by its volume.
    private const int QuickAcknowledgeBelow = 16 * 1024;

    private readonly SafeHandle _socket;
    private readonly EventLoop _loop;
    private readonly PeerTimeouts _timeouts;
    private readonly int _descriptor;
    private readonly Readiness _readable = new();
    private readonly Readiness _writable = new();
    private readonly Lock _closing = new();
    private volatile bool _hungUp;
    private bool _drained;
    private bool _owesAcknowledgement;
    private ulong _registration;
    private bool _aborted;
    private bool _closed;
    private volatile bool _hasSent;
    private bool _countsProbes;

    // Splice has no flag of its own for sockets: they do not block.
    private EpollSocket(SafeHandle socket, IPEndPoint remote, EventLoop loop, PeerTimeouts timeouts)
    {
        (_socket, _loop, _timeouts, RemoteEndPoint) = (socket, loop, timeouts, remote);
        _descriptor = (int)socket.DangerousGetHandle();
    }

    public IEventLoop Loop => _loop;

    public IPEndPoint RemoteEndPoint { get; private set; }

    /// <summary>An accepted connection, with the settings of its listener. Owned.</summary>
    /// <exception cref="PeerGoneException">It has been disposed.</exception>
    public static EpollSocket Adopt(AcceptedSocket accepted, EventLoop loop, PeerTimeouts timeouts)
    {
        if (accepted.Handle.IsClosed)
        {
            throw PeerGoneException.Aborted();
        }
        var socket = new EpollSocket(accepted.Handle, accepted.RemoteEndPoint, loop, timeouts);
        try
        {
            socket.Register();
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void ActsFor(IPEndPoint client) => RemoteEndPoint = client;

    /// <inheritdoc cref="IEventLoop.ConnectAsync"/>
    public static async ValueTask<IPeerSocket> ConnectAsync(IPEndPoint endpoint, EventLoop loop, PeerTimeouts timeouts, int window, CancellationToken cancellation)
    {
        var socket = new EpollSocket(SocketHandle.Create(endpoint.AddressFamily), endpoint, loop, timeouts);
        try
        {
            Descriptors.ThrowIfHeldBack(socket._descriptor);
            TcpSettings.Apply(socket._socket, timeouts);
            SocketBuffers.Limit(socket._socket, window);
            using (cancellation.UnsafeRegister(static socket => ((EpollSocket)socket!).Abort(), socket))
            {
                await socket.ConnectAsync(cancellation).ConfigureAwait(false);
            }
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // Without a system call where the last read or event says it all. Without a state machine, too: idle sessions wait
    // here.
    public ValueTask<bool> WaitReadableAsync(CancellationToken cancellation = default)
    {
        if (cancellation.CanBeCanceled)
        {
            return WaitReadableOrCancelledAsync(cancellation);
        }
        try
        {
            while (_drained || !HasInput())
            {
                ValueTask<bool> wait = WaitForInputAsync();
                _drained = false;
                // The kernel tells of what is there at that moment, so this needs no second look.
                if (!wait.IsCompleted)
                {
                    return wait;
                }
                // This was old news.
                wait.GetAwaiter().GetResult();
            }
            return ValueTask.FromResult(true);
        }
        catch (PeerGoneException gone)
        {
            return ValueTask.FromException<bool>(gone);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        while (true)
        {
            if (!_drained && TryReceive(buffer.Span, 0, out int count))
            {
                // Edge-triggered: with less than was asked for the queue is empty, and more is told, but for an end
                // that has been told already.
                _drained = count < buffer.Length && !_hungUp;
                _owesAcknowledgement = count < QuickAcknowledgeBelow;
                _loop.CountMoved(count);
                return count;
            }
            await WaitForInputAsync().ConfigureAwait(false);
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

    public int SpliceInto(SafeFileHandle pipe, int count)
    {
        int moved = LibC.Splice(_socket, pipe, count);
        if (moved == 0)
        {
            // As below.
            ThrowIfAborted(_readable);
        }
        if (moved == SpliceResult.Broken)
        {
            throw Broken();
        }
        _drained = moved == SpliceResult.WouldBlock && !_hungUp;
        if (moved > 0)
        {
            _owesAcknowledgement = moved < QuickAcknowledgeBelow;
            _loop.CountMoved(moved);
        }
        return moved;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask SpliceFromAsync(SafeFileHandle pipe, int count)
    {
        while (count > 0)
        {
            switch (LibC.Splice(pipe, _socket, count))
            {
                case > 0 and int moved:
                    count -= moved;
                    _hasSent = true;
                    break;
                case SpliceResult.WouldBlock:
                    await _writable.WaitAsync().ConfigureAwait(false);
                    ThrowIfAborted(_writable);
                    break;
                default:
                    throw Broken();
            }
        }
    }

    public void ReviewTimeout()
    {
        lock (_closing)
        {
            if (_closed)
            {
                return;
            }
            bool hasSent = _hasSent;
            _hasSent = false;
            bool countsProbes = !hasSent && (_countsProbes || LibC.Unacknowledged(_descriptor) == 0);
            if (countsProbes == _countsProbes)
            {
                return;
            }
            try
            {
                if (countsProbes)
                {
                    TcpSettings.CountProbes(_socket);
                }
                else
                {
                    TcpSettings.LimitUnacknowledged(_socket, _timeouts);
                }
                _countsProbes = countsProbes;
            }
            catch (SocketException)
            {
                // The connection just ended; the next read says so.
            }
        }
    }

    public void ShutdownWrites()
    {
        lock (_closing)
        {
            if (!_closed && !_aborted)
            {
                _ = LibC.shutdown(_descriptor, LibC.ShutdownWrites);
            }
        }
    }

    public void Abort()
    {
        bool isCutShort = _readable.Abort() | _writable.Abort();
        lock (_closing)
        {
            if (_closed || _aborted)
            {
                return;
            }
            _aborted = true;
            // The descriptor is not closed yet: its number could be another connection's by the time a call that is
            // under way uses it.
            if (isCutShort)
            {
                Reset();
            }
            else
            {
                // What was written still arrives.
                _ = LibC.shutdown(_descriptor, LibC.ShutdownBoth);
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

    public void OnEvents(uint events)
    {
        if ((events & (LibC.PeerHangUp | LibC.HangUp | LibC.Error)) != 0)
        {
            _hungUp = true;
        }
        if ((events & (LibC.Readable | LibC.PeerHangUp | LibC.HangUp | LibC.Error)) != 0)
        {
            _readable.Signal();
        }
        if ((events & (LibC.Writable | LibC.HangUp | LibC.Error)) != 0)
        {
            _writable.Signal();
        }
    }

    // Another thread may have read what the kernel told of, and a caller that can cancel must not wait in its read. So
    // this always looks.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> WaitReadableOrCancelledAsync(CancellationToken cancellation)
    {
        while (_drained || !HasInput())
        {
            if (cancellation.IsCancellationRequested)
            {
                return false;
            }
            // Who is woken for nothing looks again.
            using (cancellation.UnsafeRegister(static readable => ((Readiness)readable!).Signal(), _readable))
            {
                await WaitForInputAsync().ConfigureAwait(false);
            }
            _drained = false;
        }
        return true;
    }

    // Only once it is being connected: an idle socket counts as hung up.
    private void Register()
    {
        lock (_closing)
        {
            if (_closed)
            {
                throw PeerGoneException.Aborted();
            }
            _registration = _loop.Add(this, _descriptor);
        }
    }

    private async Task ConnectAsync(CancellationToken cancellation)
    {
        int error = StartConnecting();
        Register();
        if (error == LibC.InProgress)
        {
            if (!await _writable.WaitAsync().ConfigureAwait(false))
            {
                throw new OperationCanceledException(cancellation);
            }
            if (SocketHandle.GetOption(_socket, LibC.SocketLevel, LibC.SocketError) is not 0 and int failure)
            {
                throw SocketErrors.Create(failure);
            }
        }
        else if (error != 0)
        {
            throw SocketErrors.Create(error);
        }
    }

    // errno, or 0.
    private int StartConnecting()
    {
        SocketAddress address = RemoteEndPoint.Serialize();
        return -LibC.Connect(_descriptor, address.Buffer.Span[..address.Size]);
    }

    private bool HasInput() => TryReceive(stackalloc byte[1], LibC.Peek, out _);

    // False: nothing has arrived.
    private bool TryReceive(Span<byte> buffer, int flags, out int count)
    {
        ThrowIfAborted(_readable);
        count = LibC.Receive(_descriptor, buffer, flags);
        if (count == 0)
        {
            // An abort looks like the peer's close.
            ThrowIfAborted(_readable);
        }
        return count is >= 0 or -LibC.Again ? count >= 0 : throw Broken(-count);
    }

    private ValueTask<bool> WaitForInputAsync()
    {
        if (_owesAcknowledgement)
        {
            _owesAcknowledgement = false;
            TcpSettings.AcknowledgeNow(_socket);
        }
        return _readable.WaitAsync();
    }

    // 0: the socket takes nothing now.
    private int Send(ReadOnlySpan<byte> bytes)
    {
        ThrowIfAborted(_writable);
        int count = LibC.Send(_descriptor, bytes);
        // Behind it, so that a review in between finds the one or the other.
        _hasSent = true;
        return count is >= 0 or -LibC.Again ? Math.Max(count, 0) : throw Broken(-count);
    }

    // A connect to AF_UNSPEC (connect(2)).
    private void Reset() => LibC.Connect(_descriptor, new byte[16]);

    private static void ThrowIfAborted(Readiness direction)
    {
        if (direction.IsAborted)
        {
            throw PeerGoneException.Aborted();
        }
    }

    private static PeerGoneException Broken(int error = LibC.ConnectionReset) => new(Marshal.GetPInvokeErrorMessage(error));
}
