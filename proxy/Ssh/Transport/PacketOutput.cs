using System.Runtime.CompilerServices;
using SshGateway.Proxy.Sockets;
using SshGateway.Proxy.Ssh.Ciphers;

namespace SshGateway.Proxy.Ssh.Transport;

/// <summary>
/// The outbound half of a leg: packets to bytes to the socket. Packets are gathered into a batch and written at once.
/// The batch is a lock: whoever has it open appends, flushes and closes it. While a key exchange is under way on this side, from our
/// KEXINIT to our NEWKEYS, only <see cref="OpenControlBatchAsync"/> succeeds (RFC 4253 section 7.1; OpenSSH aborts otherwise).
/// The output owns the batch's buffer, which it holds only while a batch is open, and the sealer.
/// </summary>
internal sealed class PacketOutput(IPeerSocket socket) : IAsyncDisposable
{
    // CVE-2025-26466: OpenSSH held every answer to a ping until the key exchange was over.
    private const int PacketsHeld = 16;

    private readonly SemaphoreSlim _batchLock = new(1, 1);
    private readonly Queue<byte[]> _held = new();
    private IPacketSealer _sealer = new PlainSealer();
    private byte[]? _batch;
    private int _length;
    private uint _sequence;
    private volatile TaskCompletionSource? _gate;
    private volatile bool _aborted;
    private bool _disposed;

    /// <summary>Bytes handed to the socket, all told.</summary>
    public long TotalBytes { get; private set; }

    /// <summary>Bytes sent under the present keys.</summary>
    public long BytesUnderKeys { get; private set; }

    /// <summary>Packets sent under the present keys.</summary>
    public long PacketsUnderKeys { get; private set; }

    /// <summary>Opens a batch for any packet: waits for the batch and for a key exchange to end.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask OpenBatchAsync()
    {
        while (true)
        {
            await OpenControlBatchAsync().ConfigureAwait(false);
            TaskCompletionSource? gate = _gate;
            if (gate is null)
            {
                return;
            }
            CloseBatch();
            await gate.Task.ConfigureAwait(false);
        }
    }

    /// <summary>Opens a batch for packets that may be sent during a key exchange.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask OpenControlBatchAsync()
    {
        await _batchLock.WaitAsync().ConfigureAwait(false);
        RentBatch();
    }

    /// <summary>As <see cref="OpenControlBatchAsync"/>, but gives up after a while; for a last word to a peer that may have stopped reading.</summary>
    public async ValueTask<bool> TryOpenControlBatchAsync(TimeSpan patience)
    {
        if (!await _batchLock.WaitAsync(patience).ConfigureAwait(false))
        {
            return false;
        }
        RentBatch();
        return true;
    }

    /// <summary>Adds a packet with this payload; false: the batch has no room left and is to be flushed first.</summary>
    public bool TryAppend(ReadOnlySpan<byte> payload)
    {
        PacketGeometry geometry = _sealer.Geometry;
        int padding = geometry.PaddingFor(payload.Length);
        int bodyLength = 1 + payload.Length + padding;
        if (!HasRoomFor(bodyLength, geometry))
        {
            return false;
        }
        // The padding is zeros: RFC 4253 wants it random for ciphers that are weak against known plaintext; none of ours is.
        Span<byte> body = _batch.AsSpan(_length + 4, bodyLength);
        body[0] = (byte)padding;
        payload.CopyTo(body[1..]);
        body[(1 + payload.Length)..].Clear();
        Seal(body, geometry);
        return true;
    }

    /// <summary>Adds a packet that came from the other leg, without a copy where its padding is right for this leg as well.</summary>
    public bool TryRelay(in InboundPacket packet)
    {
        PacketGeometry geometry = _sealer.Geometry;
        ReadOnlySpan<byte> body = packet.Body;
        if (!geometry.Fits(body.Length))
        {
            return TryAppend(packet.Payload);
        }
        if (!HasRoomFor(body.Length, geometry))
        {
            return false;
        }
        Seal(body, geometry);
        return true;
    }

    /// <summary>Writes the batch; it stays open.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask FlushAsync()
    {
        if (_length == 0)
        {
            return;
        }
        int count = _length;
        _length = 0;
        TotalBytes += count;
        await socket.WriteAsync(_batch.AsMemory(0, count)).ConfigureAwait(false);
    }

    /// <summary>Gives the batch up; what was appended and not flushed is lost.</summary>
    public void CloseBatch()
    {
        BufferPool.Large.Return(_batch!);
        _batch = null;
        _length = 0;
        _batchLock.Release();
    }

    /// <summary>Appends one packet that may be sent during a key exchange and writes it.</summary>
    public async ValueTask SendControlAsync(ReadOnlyMemory<byte> payload)
    {
        await OpenControlBatchAsync().ConfigureAwait(false);
        await SendOpenedAsync(payload).ConfigureAwait(false);
    }

    /// <summary>Appends one packet and writes it, after a key exchange if one is under way.</summary>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> payload)
    {
        await OpenBatchAsync().ConfigureAwait(false);
        await SendOpenedAsync(payload).ConfigureAwait(false);
    }

    /// <summary>Sends a packet at once or, while a key exchange is under way, right after it; of those a few are kept and more are dropped.</summary>
    public async ValueTask SendOrHoldAsync(byte[] payload)
    {
        await OpenControlBatchAsync().ConfigureAwait(false);
        if (_gate is null)
        {
            await SendOpenedAsync(payload).ConfigureAwait(false);
            return;
        }
        if (_held.Count < PacketsHeld)
        {
            _held.Enqueue(payload);
        }
        CloseBatch();
    }

    /// <summary>Bytes in plaintext, before the first packet: the identification.</summary>
    public void AppendRaw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_batch.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>Our KEXINIT is in the batch: nothing but key exchange follows. The batch is open.</summary>
    public void CloseGate()
    {
        _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_aborted)
        {
            Abort();
        }
    }

    /// <summary>Our NEWKEYS is in the batch: what follows is sealed with these keys, and the gate opens. The batch is open.</summary>
    /// <param name="sealer">The new keys. The output owns it.</param>
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
        _gate?.TrySetResult();
        _gate = null;
        while (_held.TryDequeue(out byte[]? payload))
        {
            TryAppend(payload);
        }
    }

    /// <summary>Wakes whoever waits for a key exchange that will not end any more.</summary>
    public void Abort()
    {
        _aborted = true;
        _gate?.TrySetException(new ObjectDisposedException(nameof(PacketOutput)));
    }

    /// <summary>Frees the keys, once whoever has a batch open has closed it; abort first, so that nobody waits for the peer.</summary>
    public async ValueTask DisposeAsync()
    {
        await _batchLock.WaitAsync().ConfigureAwait(false);
        _disposed = true;
        _sealer.Dispose();
        _batchLock.Release();
    }

    private async ValueTask SendOpenedAsync(ReadOnlyMemory<byte> payload)
    {
        try
        {
            TryAppend(payload.Span);
            await FlushAsync().ConfigureAwait(false);
        }
        finally
        {
            CloseBatch();
        }
    }

    private void RentBatch()
    {
        if (_disposed)
        {
            _batchLock.Release();
            throw new ObjectDisposedException(nameof(PacketOutput));
        }
        _batch = BufferPool.Large.Rent();
    }

    private bool HasRoomFor(int bodyLength, PacketGeometry geometry) => _length + 4 + bodyLength + geometry.TagSize <= _batch!.Length;

    private void Seal(ReadOnlySpan<byte> body, PacketGeometry geometry)
    {
        int size = 4 + body.Length + geometry.TagSize;
        _sealer.Seal(body, _batch.AsSpan(_length, size), _sequence);
        _length += size;
        _sequence++;
        PacketsUnderKeys++;
        BytesUnderKeys += size;
    }
}
