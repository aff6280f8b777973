using System.Buffers.Binary;
using System.Net.WebSockets;
using SshGateway.Exec.ApiServer;

namespace SshGateway.Tests.Support.ExecApi;

/// <summary>A server that has sent everything already: reads come from memory, and writes are kept.</summary>
/// <param name="received">What it has sent, as bytes of a WebSocket.</param>
/// <param name="staysOpen">Whether reads wait for ever after that.</param>
internal sealed class ServerBytes(byte[] received, bool staysOpen = false) : Stream
{
    public const byte Binary = 2;
    public const byte Text = 1;
    public const byte Continuation = 0;

    // RFC 6455 section 5.5.1: with the status code 1000.
    public static readonly byte[] CloseFrame = [0x88, 2, 0x03, 0xe8];

    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _read;

    /// <summary>What was written to it.</summary>
    public MemoryStream Sent { get; } = new();

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>One frame of a server, which masks nothing.</summary>
    public static byte[] Frame(byte opcode, bool isLast, ReadOnlySpan<byte> payload)
    {
        byte first = (byte)(opcode | (isLast ? 0x80 : 0));
        if (payload.Length < 126)
        {
            return [first, (byte)payload.Length, .. payload];
        }
        byte[] length = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(length, checked((ushort)payload.Length));
        return [first, 126, .. length, .. payload];
    }

    /// <summary>One message of a channel.</summary>
    public static byte[] Message(byte channel, ReadOnlySpan<byte> data) => Frame(Binary, isLast: true, [channel, .. data]);

    /// <summary>A client's end of a WebSocket over this.</summary>
    public ChannelSocket Connect(string protocol, TimeProvider? time = null) => new(
        WebSocket.CreateFromStream(this, new WebSocketCreationOptions { SubProtocol = protocol, KeepAliveInterval = TimeSpan.Zero }), time ?? TimeProvider.System);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = Math.Min(buffer.Length, received.Length - _read);
        if (count == 0 && staysOpen)
        {
            await _closed.Task.WaitAsync(cancellationToken);
        }
        received.AsSpan(_read, count).CopyTo(buffer.Span);
        _read += count;
        return count;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Sent.Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => Sent.Write(buffer, offset, count);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _closed.TrySetException(new ObjectDisposedException(nameof(ServerBytes)));
        base.Dispose(disposing);
    }
}
