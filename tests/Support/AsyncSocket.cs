using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Sockets.Native;

namespace SshGateway.Tests.Support;

/// <summary>A peer on .NET's asynchronous sockets, to test the gateway's own against.</summary>
internal sealed class AsyncSocket : IPeerSocket
{
    private readonly Socket _socket;

    /// <param name="socket">Connected; owned.</param>
    /// <param name="timeouts">When its peer is gone; null: after ten minutes.</param>
    public AsyncSocket(Socket socket, PeerTimeouts? timeouts = null)
    {
        _socket = socket;
        RemoteEndPoint = SocketAddresses.Unmap((IPEndPoint)socket.RemoteEndPoint!);
        TcpSettings.Apply(socket.SafeHandle, timeouts ?? new PeerTimeouts(TimeSpan.FromMinutes(10)));
    }

    public IEventLoop Loop => ThreadPoolLoop.Instance;

    public IPEndPoint RemoteEndPoint { get; private set; }

    public void ActsFor(IPEndPoint client) => RemoteEndPoint = client;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> WaitReadableAsync(CancellationToken cancellation = default)
    {
        try
        {
            await ReceiveAsync(Memory<byte>.Empty, cancellation).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    public ValueTask<int> ReadAsync(Memory<byte> buffer) => ReceiveAsync(buffer, CancellationToken.None);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None).ConfigureAwait(false)..];
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            throw new PeerGoneException(gone.Message, gone);
        }
    }

    // .NET does not tell when a socket can be written to.
    public int SpliceInto(SafeFileHandle pipe, int count) => SpliceResult.Unsupported;

    public ValueTask SpliceFromAsync(SafeFileHandle pipe, int count) => throw new NotSupportedException();

    public void ShutdownWrites()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // Already gone.
        }
    }

    public void Abort() => _socket.Dispose();

    public void Dispose() => _socket.Dispose();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        try
        {
            return await _socket.ReceiveAsync(buffer, SocketFlags.None, cancellation).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            throw new PeerGoneException(gone.Message, gone);
        }
    }
}

/// <summary>The thread pool, for sockets that have no loop.</summary>
internal sealed class ThreadPoolLoop : IEventLoop
{
    public static readonly ThreadPoolLoop Instance = new();

    private ThreadPoolLoop()
    {
    }

    public void Post(Action action, LoopPriority priority) => ThreadPool.UnsafeQueueUserWorkItem(static action => action(), action, preferLocal: false);

    public async ValueTask<IPeerSocket> ConnectAsync(IPEndPoint endpoint, PeerTimeouts timeouts, CancellationToken cancellation)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(endpoint, cancellation).ConfigureAwait(false);
            return new AsyncSocket(socket, timeouts);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
