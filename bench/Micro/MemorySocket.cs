using System.Net;
using Microsoft.Win32.SafeHandles;
using SshGateway.Ssh.Sockets;
using SshGateway.Tests.Support;

namespace SshGateway.Bench.Micro;

/// <summary>A connection to itself: what is written is what the next read reads. Nothing waits.</summary>
internal sealed class MemorySocket : IPeerSocket
{
    private readonly byte[] _bytes = new byte[512 * 1024];
    private int _count;

    public IEventLoop Loop => ThreadPoolLoop.Instance;

    public IPEndPoint RemoteEndPoint { get; } = new(IPAddress.Loopback, 0);

    public void ActsFor(IPEndPoint client) => throw new NotSupportedException();

    public ValueTask<bool> WaitReadableAsync(CancellationToken cancellation = default) => ValueTask.FromResult(true);

    public ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        int count = Math.Min(_count, buffer.Length);
        _bytes.AsSpan(0, count).CopyTo(buffer.Span);
        _bytes.AsSpan(count, _count - count).CopyTo(_bytes);
        _count -= count;
        return ValueTask.FromResult(count);
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        bytes.Span.CopyTo(_bytes.AsSpan(_count));
        _count += bytes.Length;
        return ValueTask.CompletedTask;
    }

    public int SpliceInto(SafeFileHandle pipe, int count) => throw new NotSupportedException();

    public ValueTask SpliceFromAsync(SafeFileHandle pipe, int count) => throw new NotSupportedException();

    public void ShutdownWrites() => throw new NotSupportedException();

    public void Abort()
    {
    }

    public void Dispose()
    {
    }
}
