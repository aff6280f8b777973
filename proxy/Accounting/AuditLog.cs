using System.Diagnostics.Metrics;
using System.Text.Json;
using System.Threading.Channels;
using SshGateway.Hosting;
using SshGateway.Hosting.Files;
using SshGateway.Hosting.Logging;

namespace SshGateway.Proxy.Accounting;

/// <summary>
/// Writes a line of JSON for each login that succeeds and each connection that ends. No connection ever waits for it:
/// lines go through a bounded queue. When that is full, or they cannot be written, they are counted, and a line says
/// how many are missing.
/// </summary>
internal sealed partial class AuditLog : BackgroundService
{
    /// <summary>Lines that may wait.</summary>
    public const int Capacity = 8192;

    /// <summary>The value of Proxy:AuditLog for standard output.</summary>
    public const string StandardOutput = "-";

    // Lines written at once.
    private const int Batch = 256;

    private static readonly byte[] NewLine = "\n"u8.ToArray();

    private readonly string _destination;
    private readonly TimeProvider _time;
    private readonly ILogger<AuditLog> _logger;
    private readonly Channel<AuditRecord> _queue = Channel.CreateBounded<AuditRecord>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly Meter _meter = new("SshGateway.Proxy.Audit");
    private readonly Counter<long> _lostTotal;
    private long _lost;

    // The last line may have been cut short, by a full disk or the end of a process.
    private bool _mayBeTorn = true;

    /// <param name="destination">A file, <see cref="StandardOutput"/>, or empty: there is no audit log.</param>
    /// <param name="logger">Told what is lost.</param>
    public AuditLog(string destination, string proxyId, TimeProvider time, ILogger<AuditLog> logger)
    {
        _destination = destination;
        ProxyId = proxyId;
        _time = time;
        _logger = logger;
        _lostTotal = _meter.CreateCounter<long>("sshgateway.proxy.audit_lost", description: "Lines of the audit log that could not be written");
        _lostTotal.Add(0);
    }

    /// <summary>Names this proxy in each line.</summary>
    public string ProxyId { get; }

    /// <summary>Lines that are missing and have not been told yet.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    private bool IsOn => _destination.Length > 0;

    /// <summary>Never waits.</summary>
    public void Write(AuditRecord record)
    {
        if (IsOn && !_queue.Writer.TryWrite(record))
        {
            Lose(1);
        }
    }

    /// <exception cref="IOException">The file cannot be written.</exception>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (IsOn)
        {
            try
            {
                if (RegularFile.IsUnreadFifo(_destination))
                {
                    throw new IOException("nobody reads from this FIFO");
                }
                await using Stream file = Open();
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                throw new IOException($"Proxy:AuditLog is \"{_destination}\", which cannot be written: {problem.Message}; write a file in a directory that the proxy may write to, or -", problem);
            }
        }
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>After the connections have ended: writes what is queued.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        await (ExecuteTask ?? Task.CompletedTask).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Supervision.RunAsync(nameof(AuditLog), RunAsync, _time, _logger, stoppingToken);

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        // Its own thread must not be the one that starts the host.
        await Task.Yield();
        var batch = new List<AuditRecord>(Batch);
        while (await _queue.Reader.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false))
        {
            while (batch.Count < Batch && _queue.Reader.TryRead(out AuditRecord? record))
            {
                batch.Add(record);
            }
            Write(batch);
            batch.Clear();
        }
    }

    private void Write(List<AuditRecord> batch)
    {
        long lost = Interlocked.Exchange(ref _lost, 0);
        try
        {
            using var lines = new MemoryStream();
            if (lost > 0)
            {
                Log.Lost(_logger, lost, "the queue was full, or the file could not be written");
                JsonSerializer.Serialize(lines, new AuditLoss(_time.GetUtcNow(), ProxyId, lost), AuditJson.Lines.AuditLoss);
                lines.Write(NewLine);
            }
            foreach (AuditRecord record in batch)
            {
                JsonSerializer.Serialize(lines, record, AuditJson.Lines.AuditRecord);
                lines.Write(NewLine);
            }
            using Stream destination = Open();
            if (_mayBeTorn && destination.CanSeek && IsTorn())
            {
                destination.Write(NewLine);
            }
            _mayBeTorn = false;
            WholeLines.Write(destination, lines.GetBuffer().AsSpan(0, (int)lines.Length));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            _mayBeTorn = true;
            // Both the old ones and these; the next line that can be written says so.
            Interlocked.Add(ref _lost, lost);
            Lose(batch.Count);
            Log.Lost(_logger, batch.Count, problem.Message);
        }
    }

    // A record after a torn one gets a line of its own.
    private bool IsTorn()
    {
        if (_destination == StandardOutput)
        {
            return false;
        }
        try
        {
            using FileStream file = new(_destination, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            return file.Length > 0 && file.Seek(-1, SeekOrigin.End) >= 0 && file.ReadByte() != NewLine[0];
        }
        catch (UnauthorizedAccessException)
        {
            // A file to be written only: an empty line does no harm.
            return true;
        }
    }

    // Anew for each batch: whoever rotates the file need not tell.
    private Stream Open() => _destination == StandardOutput
        ? Console.OpenStandardOutput()
        : new FileStream(_destination, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    private void Lose(long count)
    {
        Interlocked.Add(ref _lost, count);
        _lostTotal.Add(count);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Lost audit records: {Count}. {Problem}")]
        public static partial void Lost(ILogger logger, long count, string problem);
    }
}
