using SshGateway.Ssh.Ciphers;

namespace SshGateway.Ssh.Transport;

/// <summary>
/// Packets that have been sealed, one behind the other, until they are written (RFC 4253 section 6). Not for several
/// threads: <see cref="PacketOutput"/> has the lock. It owns its buffer, which it holds only while there is something
/// in it, and the sealer.
/// </summary>
internal sealed class PacketBatch : IDisposable
{
    // Kept free of data for the messages of a key exchange.
    private const int ControlReserve = 8 * 1024;

    /// <summary>The part of it that answers which may be lost can take.</summary>
    public const int AnswerReserve = ControlReserve / 2;

    private IPacketSealer _sealer = new PlainSealer();
    private BufferPool _pool = BufferPool.Small;
    private byte[]? _buffer;
    private BufferPool _bufferPool = BufferPool.Small;
    private uint _sequence;

    /// <summary>Bytes in it.</summary>
    public int Length { get; private set; }

    /// <inheritdoc cref="PacketOutput.BytesUnderKeys"/>
    public long BytesUnderKeys { get; private set; }

    /// <inheritdoc cref="PacketOutput.PacketsUnderKeys"/>
    public long PacketsUnderKeys { get; private set; }

    /// <inheritdoc cref="PacketOutput.TryAppend"/>
    public bool TryAppend(ReadOnlySpan<byte> payload) => TryAppend(payload, reserve: 0);

    /// <inheritdoc cref="PacketOutput.TryAppendData"/>
    public bool TryAppendData(ReadOnlySpan<byte> payload) => TryAppend(payload, ControlReserve);

    /// <inheritdoc cref="PacketOutput.TryRelay"/>
    public bool TryRelay(in InboundPacket packet)
    {
        PacketGeometry geometry = _sealer.Geometry;
        ReadOnlySpan<byte> body = packet.Body;
        // A payload that is padded anew may grow by a block.
        if (!HasRoomFor(body.Length + geometry.BlockSize, geometry, ControlReserve))
        {
            return false;
        }
        if (!geometry.Fits(body.Length))
        {
            return TryAppend(packet.Payload);
        }
        Seal(body, geometry);
        return true;
    }

    /// <inheritdoc cref="PacketOutput.AppendRaw"/>
    public void AppendRaw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Buffer().AsSpan(Length));
        Length += bytes.Length;
    }

    /// <summary>What follows is sealed with these keys.</summary>
    /// <param name="sealer">The new keys. The batch owns it.</param>
    /// <param name="resetSequence">Strict key exchange: the sequence number starts again.</param>
    public void Rekey(IPacketSealer sealer, bool resetSequence)
    {
        _sealer.Dispose();
        _sealer = sealer;
        PacketsUnderKeys = 0;
        BytesUnderKeys = 0;
        if (resetSequence)
        {
            _sequence = 0;
        }
    }

    /// <inheritdoc cref="PacketOutput.AllowLargePackets"/>
    public void AllowLargePackets() => _pool = BufferPool.Large;

    /// <summary>Takes its content; the buffer returns to the pool once that is written. Null: nothing.</summary>
    public (byte[]? Buffer, BufferPool Pool, int Count) Take()
    {
        (byte[]? Buffer, BufferPool Pool, int Count) content = (_buffer, _bufferPool, Length);
        (_buffer, Length) = (null, 0);
        return content;
    }

    public void Dispose()
    {
        _sealer.Dispose();
        if (Take() is { Buffer: { } buffer, Pool: { } pool })
        {
            pool.Return(buffer);
        }
    }

    private bool TryAppend(ReadOnlySpan<byte> payload, int reserve)
    {
        PacketGeometry geometry = _sealer.Geometry;
        int padding = geometry.PaddingFor(payload.Length);
        int bodyLength = 1 + payload.Length + padding;
        if (!HasRoomFor(bodyLength, geometry, reserve))
        {
            return false;
        }
        // The padding is zeros: RFC 4253 wants it random for ciphers that are weak against known plaintext; none of
        // ours is.
        Span<byte> body = _buffer.AsSpan(Length + 4, bodyLength);
        body[0] = (byte)padding;
        payload.CopyTo(body[1..]);
        body[(1 + payload.Length)..].Clear();
        Seal(body, geometry);
        return true;
    }

    private bool HasRoomFor(int bodyLength, PacketGeometry geometry, int reserve) =>
        Length + 4 + bodyLength + geometry.TagSize <= Buffer().Length - reserve;

    private byte[] Buffer()
    {
        if (_buffer is null)
        {
            _bufferPool = _pool;
            _buffer = _bufferPool.Rent();
        }
        return _buffer;
    }

    private void Seal(ReadOnlySpan<byte> body, PacketGeometry geometry)
    {
        int size = 4 + body.Length + geometry.TagSize;
        _sealer.Seal(body, _buffer.AsSpan(Length, size), _sequence);
        Length += size;
        _sequence++;
        PacketsUnderKeys++;
        BytesUnderKeys += size;
    }
}
