using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SshGateway.Proxy.Sockets;

/// <summary>.NET's asynchronous sockets.</summary>
internal sealed class AsyncSocket : IPeerSocket
{
    // netinet/tcp.h, Linux.
    private const int IpProtoTcp = 6;
    private const int TcpQuickAck = 12;
    private const int TcpUserTimeout = 18;

    // A peer that stopped answering, or stopped reading, for this long is gone: the kernel then fails our writes.
    private static readonly TimeSpan WriteStall = TimeSpan.FromMinutes(10);

    private readonly Socket _socket;

    public AsyncSocket(Socket socket)
    {
        _socket = socket;
        RemoteEndPoint = (IPEndPoint)socket.RemoteEndPoint!;
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 60);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 15);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 4);
        SetTcpOption(TcpUserTimeout, (int)WriteStall.TotalMilliseconds);
    }

    public IPEndPoint RemoteEndPoint { get; }

    public ValueTask<int> WaitReadableAsync() => _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);

    public ValueTask<int> ReadAsync(Memory<byte> buffer) => _socket.ReceiveAsync(buffer, SocketFlags.None);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None).ConfigureAwait(false)..];
        }
    }

    public void AcknowledgeNow()
    {
        try
        {
            SetTcpOption(TcpQuickAck, 1);
        }
        catch (Exception problem) when (problem is SocketException or ObjectDisposedException)
        {
            // The connection just ended; the next read says so.
        }
    }

    public void ShutdownWrites()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception problem) when (problem is SocketException or ObjectDisposedException)
        {
            // Already gone.
        }
    }

    public void Abort() => _socket.Dispose();

    public void Dispose() => _socket.Dispose();

    private void SetTcpOption(int option, int value) =>
        _socket.SetRawSocketOption(IpProtoTcp, option, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));
}
