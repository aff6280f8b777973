using System.Buffers;
using System.Globalization;
using SshGateway.Feed;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Relay;
using SshGateway.Proxy.Sessions;

namespace SshGateway.Proxy.Recording;

/// <summary>
/// Records one connection. Its pumps show it what they relay, and wait while the writer does not keep up. A failure
/// ends the recording for good. The configuration says whether it also ends the connection; a peer that evades the
/// recording always loses its connection.
/// </summary>
internal sealed class ConnectionRecording : IRelayTap, IDisposable
{
    // How many recordings of one connection the audit log names.
    private const int MaxNames = 64;

    private readonly Lock _lock = new();
    private readonly Queue<RecordingBlock> _blocks = new();
    private readonly List<SessionChannel> _touched = [];
    private readonly List<string> _names = [];
    private readonly CancellationTokenSource _failing = new();
    private readonly ChannelFollower _follower;
    private readonly RecordingOptions _options;
    private readonly RecordingWriter _writer;
    private readonly RecordingMetrics _metrics;
    private readonly ILogger _logger;
    private readonly string _connection;
    private readonly SessionEntry _entry;
    private long _unrecordedCounted;
    private bool _isEnded;
    private string? _problem;
    private bool _isEvaded;
    private Action<Refusal>? _close;
    private int _count;
    private long _unrecorded;

    /// <param name="connection">The connection's id in the logs.</param>
    /// <param name="entry">Its session.</param>
    public ConnectionRecording(
        string connection, SessionEntry entry, RecordingOptions options, RecordingWriter writer, RecordingMetrics metrics, TimeProvider time,
        ILogger logger)
    {
        (_connection, _entry, _options, _writer, _metrics, Time, _logger) = (connection, entry, options, writer, metrics, time, logger);
        _follower = new ChannelFollower(this);
        writer.Add(this);
    }

    public RecordingMode Mode => _entry.Recording;

    /// <summary>The sentence that its user reads before the login is complete.</summary>
    public string Notice => SessionSentences.Recorded(_entry, _options.RecordInput);

    public TimeProvider Time { get; }

    public bool RecordsAll => Mode == RecordingMode.All;

    public bool RecordsInput => _options.RecordInput;

    public long MaxFileSize => _options.MaxFileSize;

    /// <summary>Names the connection to people.</summary>
    public string Title => $"session {_entry.SessionId}, connection {_connection}";

    /// <summary>What was recorded so far.</summary>
    public RecordingSummary Summary
    {
        get
        {
            lock (_lock)
            {
                return new RecordingSummary([.. _names], _count, _unrecorded, _problem);
            }
        }
    }

    /// <summary>Messages about channels that could not be read.</summary>
    public int Unreadable => _follower.Unreadable;

    /// <summary>
    /// How to close the connection if the recording fails and the configuration says so. It may have failed already.
    /// </summary>
    public void CloseOnFailure(Action<Refusal> close)
    {
        string? problem;
        lock (_lock)
        {
            _close = close;
            problem = _problem;
        }
        if (problem is not null)
        {
            Close(close, problem);
        }
    }

    /// <inheritdoc/>
    public void FromClient(ReadOnlySpan<byte> message)
    {
        lock (_lock)
        {
            if (_problem is null)
            {
                _follower.FromClient(message);
            }
        }
    }

    /// <inheritdoc/>
    public void FromPod(ReadOnlySpan<byte> message)
    {
        lock (_lock)
        {
            if (_problem is null)
            {
                _follower.FromPod(message);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask FlushAsync()
    {
        lock (_lock)
        {
            return HandOver() ? ValueTask.CompletedTask : new ValueTask(WaitAsync());
        }
    }

    /// <summary>The connection has ended: completes its recordings.</summary>
    public async Task EndAsync()
    {
        lock (_lock)
        {
            _follower.End();
        }
        await FlushAsync().ConfigureAwait(false);
        lock (_lock)
        {
            _isEnded = true;
        }
        if (Unreadable > 0)
        {
            RecordingLog.Unreadable(_logger, _connection, Unreadable);
        }
        _writer.Remove(this);
    }

    /// <summary>Gives the recording up. Any thread, any time; the first reason counts.</summary>
    public void Fail(string problem) => GiveUp(problem, isEvaded: false);

    /// <summary>Gives the recording up, and closes the connection: a peer does what cannot be recorded.</summary>
    public void Refuse(string problem) => GiveUp(problem, isEvaded: true);

    private void GiveUp(string problem, bool isEvaded)
    {
        Action<Refusal>? close;
        bool isLate;
        lock (_lock)
        {
            if (_problem is not null)
            {
                return;
            }
            (_problem, _isEvaded) = (problem, isEvaded);
            isLate = _isEnded;
            foreach (RecordingFile file in _follower.Abandon())
            {
                _writer.Abandon(file);
            }
            while (_blocks.TryDequeue(out RecordingBlock block))
            {
                if (block.Buffer is not null)
                {
                    ArrayPool<byte>.Shared.Return(block.Buffer);
                }
                if (block is { IsLast: true, File: { } ended })
                {
                    // Its channel has ended, so the follower does not know it any more.
                    _writer.Abandon(ended);
                }
            }
            _touched.Clear();
            close = _close;
            if (!isLate)
            {
                // Within the lock, so that it is not disposed yet. A waiting pump continues on another thread.
                _failing.Cancel();
            }
        }
        if (!isEvaded)
        {
            _metrics.Failed();
        }
        RecordingLog.Failed(
            _logger, _connection, _entry.SessionId, problem,
            isLate ? "The connection has ended already" : GoesOn ? "The connection goes on without recording" : "The connection is closed");
        if (!isLate)
        {
            Close(close, problem);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isEnded = true;
            _failing.Dispose();
        }
    }

    /// <summary>A file of this connection.</summary>
    /// <param name="channel">Names the channel among those of the connection.</param>
    public CastFile Open(string channel, in CastHeader header)
    {
        // In the order of time, for people and for programs that ship files.
        string name = string.Create(
            CultureInfo.InvariantCulture, $"{header.Began.UtcDateTime:yyyyMMdd'T'HHmmss'.'fff'Z'}_{_entry.SessionId}_{_connection}_{channel}.cast");
        if (_names.Count < MaxNames)
        {
            _names.Add(name);
        }
        _count++;
        return new CastFile(new RecordingFile(name, this), _blocks, header);
    }

    /// <summary>A channel has something to hand over.</summary>
    public void Touched(SessionChannel channel) => _touched.Add(channel);

    /// <summary>These bytes of a session channel are not recorded.</summary>
    public void CountUnrecorded(int bytes) => _unrecorded += bytes;

    private bool GoesOn => _options.ContinueOnFailure && !_isEvaded;

    /// <summary>False: the writer does not take everything now.</summary>
    private bool HandOver()
    {
        foreach (SessionChannel channel in _touched)
        {
            channel.Flush();
        }
        _touched.Clear();
        if (_unrecorded > _unrecordedCounted)
        {
            _metrics.Unrecorded(_unrecorded - _unrecordedCounted);
            _unrecordedCounted = _unrecorded;
        }
        while (_blocks.TryPeek(out RecordingBlock block))
        {
            if (!_writer.TryWrite(block))
            {
                return false;
            }
            _blocks.Dequeue();
        }
        return true;
    }

    private void Close(Action<Refusal>? close, string problem)
    {
        if (!GoesOn)
        {
            close?.Invoke(new Refusal(ConnectionEnd.RecordingFailed, SessionSentences.RecordingFailed(_entry.SessionId), problem));
        }
    }

    private async Task WaitAsync()
    {
        try
        {
            while (await _writer.WaitForRoomAsync(_failing.Token).ConfigureAwait(false))
            {
                lock (_lock)
                {
                    if (HandOver())
                    {
                        return;
                    }
                }
            }
            Fail("the proxy is shutting down");
        }
        catch (OperationCanceledException)
        {
            // It failed: there is nothing to wait for.
        }
    }
}
