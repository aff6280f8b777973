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

    private readonly Socket _socket;

    /// <param name="socket">Connected; owned.</param>
    /// <param name="peerTimeout">A peer that does not answer, or takes nothing that is sent to it, for this long is gone.</param>
    public AsyncSocket(Socket socket, TimeSpan? peerTimeout = null)
    {
        TimeSpan gone = peerTimeout ?? TimeSpan.FromMinutes(10);
        _socket = socket;
        var remote = (IPEndPoint)socket.RemoteEndPoint!;
        // A dual-mode listener sees IPv4 clients as ::ffff:a.b.c.d.
        RemoteEndPoint = remote.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(remote.Address.MapToIPv4(), remote.Port) : remote;
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        // With TCP_USER_TIMEOUT the kernel does not count the probes: it gives up when that time has passed without an answer (tcp(7)). The number is there
        // for others than Linux.
        int idle = (int)Math.Min(60, gone.TotalSeconds / 2);
        int interval = (int)Math.Min(15, gone.TotalSeconds / 4);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, idle);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, interval);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 4);
        SetTcpOption(TcpUserTimeout, (int)gone.TotalMilliseconds);
    }

    public IPEndPoint RemoteEndPoint { get; private set; }

    /// <summary>For splice.</summary>
    public SafeSocketHandle Handle => _socket.SafeHandle;

    /// <summary>The peer is a balancer that acts for this client.</summary>
    public void ActsFor(IPEndPoint client) => RemoteEndPoint = client;

    public ValueTask<int> WaitReadableAsync(CancellationToken cancellation = default) =>
        _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellation);

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
