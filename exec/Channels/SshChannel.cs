using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;

namespace SshGateway.Exec.Channels;

/// <summary>
/// A channel that is open: RFC 4254 section 5. The connection's reader brings what the client sends; one task serves
/// the channel and sends. What waits in between is bounded by the window that the client was granted.
/// </summary>
internal sealed class SshChannel : IDisposable
{
    private readonly Pipe _input = new(new PipeOptions(pauseWriterThreshold: 0, resumeWriterThreshold: 0, minimumSegmentSize: ChannelLimits.MaxPacket, useSynchronizationContext: false));
    private readonly CancellationTokenSource _closed;
    private readonly ChannelTable _table;
    private readonly PacketOutput _output;
    private readonly ReplySender _replies;
    private readonly ReceiveWindow _receiveWindow;
    private readonly SendWindow _sendWindow;
    private readonly int _maxSent;
    private bool _receivedEof;
    private volatile bool _receivedClose;
    private volatile bool _isUnread;
    private int _endedSides;

    // Guarded by the output's batch.
    private bool _sentClose;

    /// <param name="localId">Our number of the channel.</param>
    /// <param name="window">How much we take at first.</param>
    /// <param name="target">What it leads to.</param>
    /// <param name="table">The connection's channels.</param>
    /// <param name="closed">Cancelled when the client closes the channel; owned by this.</param>
    public SshChannel(
        uint localId, PeerChannel peer, int window, IChannelTarget target, ChannelTable table, PacketOutput output, ReplySender replies, CancellationTokenSource closed)
    {
        (LocalId, RemoteId, Target, _table, _output, _replies, _closed) = (localId, peer.Id, target, table, output, replies, closed);
        _maxSent = (int)Math.Min(peer.MaxPacket, ChannelLimits.MaxSentPacket);
        _receiveWindow = new ReceiveWindow(window);
        _sendWindow = new SendWindow(peer.Window);
    }

    public uint LocalId { get; }

    public uint RemoteId { get; }

    /// <summary>What it leads to.</summary>
    public IChannelTarget Target { get; }

    /// <summary>Whether the connection has many channels, so that those of little use should end.</summary>
    public bool IsCrowded => _table.IsCrowded;

    /// <summary>The client sends data. The connection's reader calls it.</summary>
    /// <exception cref="SshProtocolException">It must not.</exception>
    public ValueTask<FlushResult> Receive(ReadOnlySpan<byte> data)
    {
        Admit(data.Length);
        if (data.IsEmpty || _isUnread)
        {
            return default;
        }
        _input.Writer.Write(data);
        // No threshold: it completes at once.
        return _input.Writer.FlushAsync(CancellationToken.None);
    }

    /// <summary>
    /// The client sends extended data, which nothing here reads: RFC 4254 section 5.2 defines standard error alone, and
    /// that is for servers to send. Dropped, as by sshd; returns by how much the window is to be adjusted.
    /// </summary>
    /// <inheritdoc cref="Receive" path="/exception"/>
    public int ReceiveExtended(int count)
    {
        Admit(count);
        return _receiveWindow.Take(count);
    }

    /// <summary>The client sends no more data: RFC 4254 section 5.3.</summary>
    public void ReceiveEof()
    {
        CheckOpen();
        _receivedEof = true;
        _input.Writer.Complete();
    }

    /// <summary>The client closes the channel: RFC 4254 section 5.3. True: both sides have.</summary>
    public bool ReceiveClose()
    {
        CheckOpen();
        _receivedClose = true;
        _input.Writer.Complete();
        if (EndOneSide())
        {
            return true;
        }
        try
        {
            // What is cancelled must not run here.
            _ = _closed.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // Our side has just ended too.
        }
        return false;
    }

    /// <summary>The client takes more.</summary>
    /// <exception cref="SshProtocolException">More than there may be.</exception>
    public void AdjustWindow(uint count)
    {
        CheckOpen();
        if (!_sendWindow.TryAdd(count))
        {
            throw new SshProtocolException("a channel window of more than 2^32 - 1 bytes (RFC 4254 section 5.2)");
        }
    }

    /// <summary>The client does not want the standard output any more: OpenSSH PROTOCOL section 2.1.</summary>
    public void RefuseOutput() => _sendWindow.Close();

    /// <summary>Answers a request of the client's, unless the channel was closed meanwhile.</summary>
    public ValueTask ReplyAsync(bool success) =>
        _replies.SendAsync(ChannelMessages.Bare(success ? MessageNumber.ChannelSuccess : MessageNumber.ChannelFailure, RemoteId), MaySend);

    /// <summary>Whether we have not sent our CLOSE. Only while the output's batch is open.</summary>
    public bool MaySend() => !_sentClose;

    /// <summary>Puts a byte behind what the client has sent. False: too many wait. The reader calls it.</summary>
    public bool TryInsert(byte value)
    {
        if (_receivedEof || !_receiveWindow.TryInsert())
        {
            return false;
        }
        _input.Writer.Write([value]);
        // As above: there is nothing to wait for.
        _ = _input.Writer.FlushAsync(CancellationToken.None).AsTask();
        return true;
    }

    /// <summary>Checks that the client may send something on the channel.</summary>
    /// <exception cref="SshProtocolException">It has closed it.</exception>
    public void CheckOpen()
    {
        if (_receivedClose)
        {
            throw new SshProtocolException("a message on a channel behind its CLOSE (RFC 4254 section 5.3)");
        }
    }

    /// <summary>
    /// Hands on what the client sends until its EOF. The window grows back when a piece has been taken, and not before.
    /// </summary>
    /// <exception cref="OperationCanceledException">The client has closed the channel.</exception>
    /// <param name="maxPiece">How many bytes are handed on at once; several packets may be one piece.</param>
    public async Task ConsumeAsync(int maxPiece, Func<ReadOnlySequence<byte>, CancellationToken, ValueTask> take, CancellationToken cancellation)
    {
        while (true)
        {
            ReadResult read = await _input.Reader.ReadAsync(cancellation).ConfigureAwait(false);
            ReadOnlySequence<byte> piece = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, maxPiece));
            await take(piece, cancellation).ConfigureAwait(false);
            int taken = (int)piece.Length;
            bool isEnd = read.IsCompleted && taken == read.Buffer.Length;
            _input.Reader.AdvanceTo(piece.End);
            await AdjustClientAsync(_receiveWindow.Take(taken)).ConfigureAwait(false);
            if (isEnd && _receivedClose)
            {
                // The input ends with the channel, and not by an EOF.
                throw new OperationCanceledException(cancellation);
            }
            if (isEnd)
            {
                return;
            }
        }
    }

    /// <summary>
    /// Puts data into the connection's next write, as the client's window allows. <see cref="FlushAsync"/> writes it.
    /// </summary>
    /// <param name="buffer">Its bytes before the data are overwritten.</param>
    /// <param name="start">Where the data begins; at least <see cref="ChannelMessages.MaxHeader"/>.</param>
    /// <param name="isError">Whether it is for the client's standard error.</param>
    /// <returns>False: the client does not want it.</returns>
    public async ValueTask<bool> AppendAsync(byte[] buffer, int start, int count, bool isError, CancellationToken cancellation)
    {
        for (int end = start + count; start < end;)
        {
            bool isRefused = _sendWindow.IsClosed;
            int taken = isRefused && !isError ? 0 : _sendWindow.Take(Math.Min(end - start, _maxSent));
            if (taken > 0)
            {
                await SendAsync(ChannelMessages.Data(buffer, start, taken, RemoteId, isError), isData: true).ConfigureAwait(false);
                start += taken;
            }
            else if (isRefused)
            {
                return false;
            }
            else
            {
                await FlushAsync().ConfigureAwait(false);
                await _sendWindow.WaitAsync(cancellation).ConfigureAwait(false);
            }
        }
        return true;
    }

    /// <summary>Waits until everything that was appended is written.</summary>
    public ValueTask FlushAsync() => _output.FlushAsync();

    /// <summary>
    /// Waits for what is to be appended next. If it is not there yet, what was appended is written first.
    /// </summary>
    /// <exception cref="PeerGoneException">
    /// The write failed. <paramref name="next"/> may still be under way.
    /// </exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask FlushWhileAsync(ValueTask next)
    {
        if (!next.IsCompleted)
        {
            await FlushAsync().ConfigureAwait(false);
        }
        await next.ConfigureAwait(false);
    }

    /// <inheritdoc cref="FlushWhileAsync(ValueTask)"/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<T> FlushWhileAsync<T>(ValueTask<T> next)
    {
        if (!next.IsCompleted)
        {
            await FlushAsync().ConfigureAwait(false);
        }
        return await next.ConfigureAwait(false);
    }

    /// <summary>Shows the user a sentence, on the standard error.</summary>
    /// <param name="lineEnd">"\r\n" where the client's terminal is in raw mode.</param>
    public async ValueTask SendSentenceAsync(string sentence, string lineEnd, CancellationToken cancellation)
    {
        byte[] text = Encoding.UTF8.GetBytes(PeerText.Lines(sentence) + lineEnd);
        await AppendAsync([.. new byte[ChannelMessages.MaxHeader], .. text], ChannelMessages.MaxHeader, text.Length, isError: true, cancellation).ConfigureAwait(false);
        await FlushAsync().ConfigureAwait(false);
    }

    /// <summary>RFC 4254 section 6.10.</summary>
    public ValueTask SendExitStatusAsync(int status) => SendAsync(ChannelMessages.ExitStatus(RemoteId, (uint)status), isData: false);

    /// <summary>No more data follows.</summary>
    public ValueTask SendEofAsync() => SendAsync(ChannelMessages.Bare(MessageNumber.ChannelEof, RemoteId), isData: false);

    /// <summary>
    /// Nothing at all follows; the client's data is dropped from now on. True: both sides have closed it, and it is no
    /// more.
    /// </summary>
    public async ValueTask<bool> CloseAsync()
    {
        _isUnread = true;
        await _input.Reader.CompleteAsync().ConfigureAwait(false);
        await SendAsync(ChannelMessages.Bare(MessageNumber.ChannelClose, RemoteId), isData: false, isClose: true).ConfigureAwait(false);
        return EndOneSide();
    }

    public void Dispose()
    {
        _isUnread = true;
        _input.Reader.Complete();
        _closed.Dispose();
    }

    private bool EndOneSide() => Interlocked.Increment(ref _endedSides) == 2;

    // RFC 4254 section 5.2 lets a server ignore what is beyond the window; dropping part of a stream would corrupt it.
    private void Admit(int count)
    {
        CheckOpen();
        if (_receivedEof)
        {
            throw new SshProtocolException("data on a channel behind its EOF (RFC 4254 section 5.3)");
        }
        if (count > ChannelLimits.MaxPacket)
        {
            throw new SshProtocolException($"{count} bytes in a data packet, of which {ChannelLimits.MaxPacket} are allowed (RFC 4254 section 5.1)");
        }
        if (!_receiveWindow.TryReceive(count))
        {
            throw new SshProtocolException("data beyond the channel's window (RFC 4254 section 5.2)");
        }
    }

    private ValueTask AdjustClientAsync(int count) => count == 0 ? default : SendAsync(ChannelMessages.WindowAdjust(RemoteId, (uint)count), isData: false);

    // Data is left in the batch.
    private async ValueTask SendAsync(ReadOnlyMemory<byte> message, bool isData, bool isClose = false)
    {
        while (true)
        {
            await _output.OpenBatchAsync().ConfigureAwait(false);
            bool isDone = isData ? _output.TryAppendData(message.Span) : _output.TryAppend(message.Span);
            _sentClose |= isDone && isClose;
            if (isDone && isData)
            {
                _output.CloseBatch();
                return;
            }
            await _output.CloseAndFlushAsync().ConfigureAwait(false);
            if (isDone)
            {
                return;
            }
        }
    }
}
