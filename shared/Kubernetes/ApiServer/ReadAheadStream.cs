using System.Buffers;
using System.Net.Sockets;

namespace SshGateway.Kubernetes.ApiServer;

/// <summary>
/// A TCP connection below TLS. SslStream asks for one TLS record at a time, which takes two system calls. This reads
/// what has arrived, up to 64 KiB, and hands it on from there. While SslStream waits it reads into an empty buffer, and
/// then nothing is held here either. One caller reads.
/// </summary>
internal sealed class ReadAheadStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
{
    private const int Size = 64 * 1024;

    private byte[]? _ahead;
    private int _start;
    private int _end;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_ahead is null)
        {
            if (buffer.IsEmpty)
            {
                return await base.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            }
            byte[] ahead = ArrayPool<byte>.Shared.Rent(Size);
            (_start, _end) = (0, await base.ReadAsync(ahead, cancellationToken).ConfigureAwait(false));
            _ahead = ahead;
        }
        int count = Math.Min(buffer.Length, _end - _start);
        _ahead.AsSpan(_start, count).CopyTo(buffer.Span);
        _start += count;
        if (_start == _end)
        {
            ArrayPool<byte>.Shared.Return(_ahead);
            _ahead = null;
        }
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override int Read(Span<byte> buffer) => throw new NotSupportedException();
}
