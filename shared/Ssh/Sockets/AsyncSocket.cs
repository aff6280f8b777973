using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using SshGateway.Ssh.Sockets.Native;

namespace SshGateway.Ssh.Sockets;

/// <summary>.NET's asynchronous sockets.</summary>
internal sealed class AsyncSocket : IPeerSocket
{
    private readonly Socket _socket;
    private readonly PeerTimeouts _timeouts;

    /// <param name="socket">Connected; owned.</param>
    /// <param name="timeouts">When its peer is gone; null: after ten minutes.</param>
    public AsyncSocket(Socket socket, PeerTimeouts? timeouts = null)
    {
        _socket = socket;
        RemoteEndPoint = TcpSettings.RemoteEndPointOf(socket);
        _timeouts = timeouts ?? new PeerTimeouts(TimeSpan.FromMinutes(10));
        TcpSettings.Apply(socket, _timeouts);
    }

    public IPEndPoint RemoteEndPoint { get; private set; }

    public void ActsFor(IPEndPoint client) => RemoteEndPoint = client;

    public async ValueTask<IPeerSocket> ConnectAnotherAsync(IPEndPoint endpoint, CancellationToken cancel)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(endpoint, cancel).ConfigureAwait(false);
            return new AsyncSocket(socket, _timeouts.OfPods);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> WaitReadableAsync(CancellationToken cancellation = default)
    {
        try
        {
            await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellation).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    public ValueTask<int> ReadAsync(Memory<byte> buffer) => _socket.ReceiveAsync(buffer, SocketFlags.None);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None).ConfigureAwait(false)..];
        }
    }

    // .NET does not tell when a socket can be written to.
    public int SpliceInto(SafeFileHandle pipe, int count) => SpliceResult.Unsupported;

    public ValueTask SpliceFromAsync(SafeFileHandle pipe, int count) => throw new NotSupportedException();

    public LoopYield YieldAsync(LoopPriority purpose) => new(loop: null, purpose);

    public void ShutdownWrites() => TcpSettings.ShutdownWrites(_socket);

    public void Abort() => _socket.Dispose();

    public void Dispose() => _socket.Dispose();
}
