using System.Buffers;
using System.Collections.Concurrent;
using System.Threading.Channels;
using SshGateway.Hosting;
using SshGateway.Hosting.Text;

namespace SshGateway.Proxy.Recording;

/// <summary>
/// Writes all recordings of this proxy, one block after the other. The queue before it is short: when it is full,
/// recorded connections wait, and none loses output. A write that takes too long fails all of them.
/// </summary>
internal sealed class RecordingWriter : BackgroundService
{
    // Blocks that may wait: of at most 64 KiB each.
    private const int Capacity = 256;

    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    private readonly RecordingOptions _options;
    private readonly RecordingDirectory _directory;
    private readonly RecordingMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<RecordingWriter> _logger;
    private readonly Channel<RecordingBlock> _queue = Channel.CreateBounded<RecordingBlock>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly ConcurrentQueue<RecordingFile> _abandoned = new();
    private readonly ConcurrentDictionary<ConnectionRecording, bool> _connections = new();
    private readonly Lock _lock = new();
    private bool _isWriting;
    private volatile bool _isStopping;
    private long _startedAt;
    private string? _problem;
    private long? _checkedAt;

    public RecordingWriter(RecordingOptions options, RecordingMetrics metrics, TimeProvider time, ILogger<RecordingWriter> logger)
    {
        (_options, _metrics, _time, _logger) = (options, metrics, time, logger);
        _directory = new RecordingDirectory(options.Directory, options.MinFreeSpace, time);
    }

    private bool IsOn => _options.Directory.Length > 0;

    /// <summary>False: the queue is full, or the writer has stopped.</summary>
    public bool TryWrite(in RecordingBlock block) => _queue.Writer.TryWrite(block);

    /// <summary>False: the writer has stopped.</summary>
    public ValueTask<bool> WaitForRoomAsync(CancellationToken cancellation) => _queue.Writer.WaitToWriteAsync(cancellation);

    /// <summary>Its files will come. It is told when they cannot be written.</summary>
    public void Add(ConnectionRecording connection) => _connections.TryAdd(connection, true);

    public void Remove(ConnectionRecording connection) => _connections.TryRemove(connection, out _);

    /// <summary>Nothing more comes for these files.</summary>
    public void Abandon(RecordingFile file)
    {
        _abandoned.Enqueue(file);
        // Where the queue is full, the writer is awake.
        TryWrite(default);
    }

    /// <summary>Whether recordings can be written now, as found out a second ago at most.</summary>
    /// <returns>The problem; null: they can.</returns>
    public async Task<string?> CheckAsync()
    {
        if (!IsOn)
        {
            return "Proxy:RecordingDirectory is not set";
        }
        lock (_lock)
        {
            if (_problem is null && _checkedAt is { } at && _time.GetElapsedTime(at) < WatchInterval)
            {
                return null;
            }
        }
        using var timeout = new CancellationTokenSource(_options.Timeout, _time);
        var check = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await _queue.Writer.WriteAsync(new RecordingBlock(null, null, 0, false, check), timeout.Token).ConfigureAwait(false);
            return await check.Task.WaitAsync(timeout.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return Silence;
        }
        catch (ChannelClosedException)
        {
            return "the proxy is shutting down";
        }
    }

    /// <exception cref="IOException">The directory does not exist, or may not be written to.</exception>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (IsOn)
        {
            await TryAsync().ConfigureAwait(false);
            RecordingLog.Recording(_logger, _options.Directory, _options.MinFreeSpace);
        }
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    // A disk that is full or does not answer is no reason to not start: sessions without recording need none.
    private async Task TryAsync()
    {
        try
        {
            await Task.Run(() => new RecordingDirectory(_options.Directory, 0, _time).Try()).WaitAsync(_options.Timeout, _time).ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is DirectoryNotFoundException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"Proxy:RecordingDirectory is \"{_options.Directory}\", which cannot be written: {problem.Message}; write a directory that the proxy may write to",
                problem);
        }
        catch (IOException problem)
        {
            Report(problem.Message);
        }
        catch (TimeoutException)
        {
            Report(Silence);
        }
    }

    /// <summary>After the connections have ended: writes what is queued, unless the disk does not answer.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        _queue.Writer.TryComplete();
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!IsOn)
        {
            return;
        }
        Task writing = Supervision.RunAsync(nameof(RecordingWriter), _ => WriteAsync(), _time, _logger, CancellationToken.None);
        using var written = new CancellationTokenSource();
        Task watching = Supervision.RunAsync(nameof(RecordingWriter), WatchAsync, _time, _logger, written.Token);
        await Task.WhenAny(writing, watching).ConfigureAwait(false);
        written.Cancel();
        await watching.ConfigureAwait(false);
    }

    private string Silence => $"{_options.Directory} has not answered for {Quantity.Describe(_options.Timeout)}";

    private async Task WriteAsync()
    {
        // Its own thread must not be the one that starts the host.
        await Task.Yield();
        while (await _queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            while (_queue.Reader.TryRead(out RecordingBlock block))
            {
                Begin();
                try
                {
                    Handle(block);
                    while (_abandoned.TryDequeue(out RecordingFile? file))
                    {
                        Close(file);
                    }
                }
                finally
                {
                    End();
                }
            }
        }
    }

    private void Handle(in RecordingBlock block)
    {
        try
        {
            if (block.Check is not null)
            {
                _directory.Try();
                Report(null);
                block.Check.TrySetResult(null);
            }
            else if (block.File is { IsClosed: false } file)
            {
                Write(file, block);
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            Report(problem.Message);
            block.Check?.TrySetResult(problem.Message);
            if (block.File is { } file)
            {
                Close(file);
                file.Owner.Fail(problem.Message);
            }
        }
        finally
        {
            if (block.Buffer is not null)
            {
                ArrayPool<byte>.Shared.Return(block.Buffer);
            }
        }
    }

    private void Write(RecordingFile file, in RecordingBlock block)
    {
        _directory.CheckSpace();
        if (file.Open(_directory.Path))
        {
            _metrics.Opened();
        }
        file.Write(block.Buffer.AsSpan(0, block.Length));
        _metrics.Written(block.Length);
        if (block.IsLast)
        {
            file.Complete(_directory.Path);
            _metrics.Ended(isComplete: true);
            RecordingLog.Complete(_logger, file.Name);
        }
    }

    private void Close(RecordingFile file)
    {
        if (file.Abandon())
        {
            _metrics.Ended(isComplete: false);
        }
    }

    private void Begin()
    {
        lock (_lock)
        {
            (_isWriting, _startedAt) = (true, _time.GetTimestamp());
        }
    }

    private void End()
    {
        lock (_lock)
        {
            _isWriting = false;
        }
    }

    // A disk that does not answer holds the writer, and somebody else has to say so.
    private async Task WatchAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(WatchInterval, _time);
        while (await timer.WaitForNextTickAsync(cancellation).ConfigureAwait(false))
        {
            bool isStuck;
            lock (_lock)
            {
                isStuck = _isWriting && _time.GetElapsedTime(_startedAt) >= _options.Timeout;
            }
            if (!isStuck)
            {
                continue;
            }
            Report(Silence);
            foreach (ConnectionRecording connection in _connections.Keys)
            {
                connection.Fail(Silence);
            }
            if (_isStopping)
            {
                // The process ends without what the disk does not take.
                return;
            }
        }
    }

    private void Report(string? problem)
    {
        bool hasChanged;
        lock (_lock)
        {
            hasChanged = problem is null != _problem is null;
            _problem = problem;
            _checkedAt = problem is null ? _time.GetTimestamp() : null;
        }
        _metrics.IsBroken = problem is not null;
        if (hasChanged && problem is not null)
        {
            RecordingLog.Broken(_logger, problem);
        }
        else if (hasChanged)
        {
            RecordingLog.Works(_logger);
        }
    }
}
