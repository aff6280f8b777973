using System.Runtime.CompilerServices;
using SshGateway.Ssh.Ciphers;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Transport;

/// <summary>
/// The outbound half of a leg: packets to bytes to the socket. Packets are gathered into a batch, which is a lock:
/// whoever has it open appends and closes it, and never waits for the peer meanwhile. So the leg's reader can always
/// answer a key exchange, also while a pump's write is stuck; what it appends goes out with the next write. Pumps do
/// wait for their writes, and that is the back-pressure. While a key exchange is under way on this side, from our
/// KEXINIT to our NEWKEYS, only control packets are let in (RFC 4253 section 7.1; OpenSSH aborts otherwise).
/// </summary>
internal sealed class PacketOutput(IPeerSocket socket) : IAsyncDisposable
{
    // CVE-2025-26466: OpenSSH held every answer to a ping until the key exchange was over.
    private const int AnswersHeld = 16;

    // Requests that were under way when our KEXINIT was sent.
    private const int MaxOwed = 512;

    private readonly SemaphoreSlim _batchLock = new(1, 1);
    private readonly SemaphoreSlim _writeLock = new(1, 1);
    private readonly PacketBatch _batch = new();
    private Queue<byte[]>? _held;
    private Queue<byte[]>? _owed;
    private bool _flushIsScheduled;
    private volatile TaskCompletionSource? _gate;
    private volatile bool _aborted;
    private bool _disposed;

    /// <summary>Bytes handed to the socket, all told.</summary>
    public long TotalBytes { get; private set; }

    /// <summary>Bytes sent under the present keys.</summary>
    public long BytesUnderKeys => _batch.BytesUnderKeys;

    /// <summary>Packets sent under the present keys.</summary>
    public long PacketsUnderKeys => _batch.PacketsUnderKeys;

    /// <summary>Between our KEXINIT and our NEWKEYS: <see cref="OpenBatchAsync"/> would wait.</summary>
    public bool IsHeldForKeyExchange => _gate is not null;

    /// <summary>Opens the batch for any packet: waits for a key exchange to end.</summary>
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

    /// <summary>Opens the batch for packets that may be sent during a key exchange.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask OpenControlBatchAsync()
    {
        await _batchLock.WaitAsync().ConfigureAwait(false);
        if (_disposed)
        {
            _batchLock.Release();
            throw PeerGoneException.Aborted();
        }
    }

    /// <summary>Adds a packet with this payload; false: the batch is full and is to be flushed first.</summary>
    public bool TryAppend(ReadOnlySpan<byte> payload) => _batch.TryAppend(payload);

    /// <summary>
    /// Adds a packet of channel data; false: the batch is full and is to be flushed first. Leaves room for a key
    /// exchange, which must go on while data waits.
    /// </summary>
    public bool TryAppendData(ReadOnlySpan<byte> payload) => _batch.TryAppendData(payload);

    /// <summary>
    /// Adds a reply that the peer waits for; false: the batch is full and is to be flushed first. During a key exchange
    /// the reply waits for its end.
    /// </summary>
    /// <exception cref="SshProtocolException">Too many wait.</exception>
    public bool TryAppendReply(byte[] payload)
    {
        if (_gate is null)
        {
            return TryAppend(payload);
        }
        _owed ??= new Queue<byte[]>();
        if (_owed.Count == MaxOwed)
        {
            throw new SshProtocolException("too many requests during a key exchange");
        }
        _owed.Enqueue(payload);
        return true;
    }

    /// <summary>Adds a packet of the other leg, without a copy if its padding fits this leg; false: no room.</summary>
    public bool TryRelay(in InboundPacket packet) => _batch.TryRelay(packet);

    /// <summary>Gives the batch up; what is in it goes out with the next flush.</summary>
    public void CloseBatch() => _batchLock.Release();

    /// <summary>Gives the batch up and waits until everything in it is written.</summary>
    public ValueTask CloseAndFlushAsync()
    {
        CloseBatch();
        return FlushAsync();
    }

    /// <summary>Gives the batch up, to be written without waiting. The reader finds out whether it failed.</summary>
    public void CloseAndFlushLater()
    {
        bool schedule = !_flushIsScheduled;
        _flushIsScheduled = true;
        CloseBatch();
        if (schedule)
        {
            _ = FlushQuietlyAsync();
        }
    }

    /// <summary>Sends one packet, after a key exchange if one is under way, and waits until it is written.</summary>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> payload)
    {
        await OpenBatchAsync().ConfigureAwait(false);
        while (!TryAppend(payload.Span))
        {
            await CloseAndFlushAsync().ConfigureAwait(false);
            await OpenBatchAsync().ConfigureAwait(false);
        }
        await CloseAndFlushAsync().ConfigureAwait(false);
    }

    /// <summary>Sends one packet of a key exchange, without waiting for the peer.</summary>
    public async ValueTask SendControlAsync(ReadOnlyMemory<byte> payload)
    {
        await OpenControlBatchAsync().ConfigureAwait(false);
        try
        {
            AppendControl(payload.Span);
        }
        finally
        {
            CloseAndFlushLater();
        }
    }

    /// <summary>
    /// Sends an answer that the peer can do without, and never waits for the peer: when that takes nothing it goes
    /// without. What may not be sent during a key exchange is sent right after it.
    /// </summary>
    public async ValueTask OfferAsync(byte[] payload, bool duringKeyExchange)
    {
        await OpenControlBatchAsync().ConfigureAwait(false);
        try
        {
            if (_gate is not null && !duringKeyExchange)
            {
                _held ??= new Queue<byte[]>();
                if (_held.Count < AnswersHeld)
                {
                    _held.Enqueue(payload);
                }
            }
            else if (_batch.Length + payload.Length < PacketBatch.AnswerReserve)
            {
                TryAppend(payload);
            }
        }
        finally
        {
            CloseAndFlushLater();
        }
    }

    /// <summary>
    /// Sends a reply that the peer waits for, and never waits for the peer: during a key exchange it is sent right
    /// after it. Callers bound how many.
    /// </summary>
    /// <exception cref="SshProtocolException">The peer asks for more than it takes.</exception>
    public async ValueTask SendReplyAsync(byte[] payload)
    {
        await OpenControlBatchAsync().ConfigureAwait(false);
        try
        {
            if (_gate is not null)
            {
                (_owed ??= new Queue<byte[]>()).Enqueue(payload);
            }
            else
            {
                AppendControl(payload);
            }
        }
        finally
        {
            CloseAndFlushLater();
        }
    }

    /// <summary>Bytes in plaintext, before the first packet: the identification. The batch is open.</summary>
    public void AppendRaw(ReadOnlySpan<byte> bytes) => _batch.AppendRaw(bytes);

    /// <summary>Adds a packet for which room is kept. The batch is open.</summary>
    /// <exception cref="SshProtocolException">The peer asks for more than it takes.</exception>
    public void AppendControl(ReadOnlySpan<byte> payload)
    {
        if (!TryAppend(payload))
        {
            throw new SshProtocolException("the peer asks for answers and takes none");
        }
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

    /// <summary>Our NEWKEYS is in the open batch: what follows is sealed with these keys; the gate opens.</summary>
    /// <param name="sealer">The new keys. The output owns it.</param>
    /// <param name="resetSequence">Strict key exchange: the sequence number starts again.</param>
    public void Rekey(IPacketSealer sealer, bool resetSequence)
    {
        _batch.Rekey(sealer, resetSequence);
        _gate?.TrySetResult();
        _gate = null;
        while (_owed?.TryDequeue(out byte[]? reply) == true)
        {
            AppendControl(reply);
        }
        while (_held?.TryDequeue(out byte[]? payload) == true)
        {
            TryAppend(payload);
        }
    }

    /// <summary>The peer is authenticated: large batches from now on.</summary>
    public void AllowLargePackets() => _batch.AllowLargePackets();

    /// <summary>Wakes whoever waits for a key exchange that will not end any more.</summary>
    public void Abort()
    {
        _aborted = true;
        _gate?.TrySetException(PeerGoneException.Aborted());
    }

    /// <summary>
    /// Frees the keys, once whoever has the batch open has closed it and no write is under way; abort first, so that
    /// nobody waits for the peer.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await _writeLock.WaitAsync().ConfigureAwait(false);
        await _batchLock.WaitAsync().ConfigureAwait(false);
        _disposed = true;
        _batch.Dispose();
        _batchLock.Release();
        _writeLock.Release();
    }

    /// <summary>Waits until everything in the batch is written. The batch is closed.</summary>
    // Who writes takes the whole batch, so packets leave in the order in which they were sealed.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask FlushAsync()
    {
        await _writeLock.WaitAsync().ConfigureAwait(false);
        try
        {
            await _batchLock.WaitAsync().ConfigureAwait(false);
            (byte[]? buffer, BufferPool pool, int count) = _batch.Take();
            _flushIsScheduled = false;
            _batchLock.Release();
            if (buffer is null)
            {
                return;
            }
            try
            {
                TotalBytes += count;
                await socket.WriteAsync(buffer.AsMemory(0, count)).ConfigureAwait(false);
            }
            finally
            {
                pool.Return(buffer);
            }
        }
        finally
        {
            _writeLock.Release();
        }
    }

    private async Task FlushQuietlyAsync()
    {
        try
        {
            await FlushAsync().ConfigureAwait(false);
        }
        catch (PeerGoneException)
        {
            // The leg's reader finds the same.
        }
    }
}
