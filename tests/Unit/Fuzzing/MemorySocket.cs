using System.Net;
using Microsoft.Win32.SafeHandles;
using SshGateway.Ssh.Sockets;
using SshGateway.Tests.Support;

namespace SshGateway.Tests.Unit.Fuzzing;

/// <summary>A peer who has said everything already: reads come from memory, then the end; writes go nowhere.</summary>
internal sealed class MemorySocket(byte[] received) : IPeerSocket
{
    private int _read;

    public IEventLoop Loop => ThreadPoolLoop.Instance;

    public IPEndPoint RemoteEndPoint { get; } = new(IPAddress.Loopback, 1);

    public void ActsFor(IPEndPoint client) => throw new InvalidOperationException("There is no balancer.");

    public ValueTask<bool> WaitReadableAsync(CancellationToken cancellation = default) => ValueTask.FromResult(true);

    public int SpliceInto(SafeFileHandle pipe, int count) => throw new InvalidOperationException("There is no socket.");

    public ValueTask SpliceFromAsync(SafeFileHandle pipe, int count) => throw new InvalidOperationException("There is no socket.");

    public ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        int count = Math.Min(buffer.Length, received.Length - _read);
        received.AsSpan(_read, count).CopyTo(buffer.Span);
        _read += count;
        return ValueTask.FromResult(count);
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes) => ValueTask.CompletedTask;

    public void ShutdownWrites()
    {
    }

    public void Abort()
    {
    }

    public void Dispose()
    {
    }
}
