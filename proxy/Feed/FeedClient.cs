using SshGateway.Proxy.Configuration;
using SshGateway.Proxy.Table;
using SshGateway.Shared.Grpc;
using SshGateway.Shared.Protos;

namespace SshGateway.Proxy.Feed;

/// <summary>
/// Keeps the table in step with an operator. While none can be reached the table stays as it is, without limit: sessions
/// that were known can be logged into.
/// </summary>
internal sealed class FeedClient(FeedOptions options, SessionTable table, FeedMetrics metrics, TimeProvider time, ILogger<FeedClient> logger) : BackgroundService
{
    // Three heartbeats of endpoint_feed.proto.
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(30);

    private static readonly string Version = typeof(FeedClient).Assembly.GetName().Version?.ToString(3) ?? "";

    private readonly OperatorAccess _access = new(options, time);
    private readonly ReconnectDelay _delay = new(Random.Shared);
    private volatile bool _hasSynced;
    private volatile string? _lastFailure;
    private bool? _isInStep;

    /// <summary>Whether the table has been complete once. It never becomes false again.</summary>
    public bool HasSynced => _hasSynced;

    /// <summary>Why this proxy cannot do its work yet; null when it can.</summary>
    public string? NotReady => _hasSynced ? null
        : $"no operator has sent its sessions yet{(_lastFailure is { } failure ? $": {failure}" : "")}";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            string address = options.Operators[Random.Shared.Next(options.Operators.Count)];
            string reason;
            string cause;
            try
            {
                await FollowAsync(address, stoppingToken);
                (cause, reason) = ("Ended", "it ended the stream");
            }
            catch (GrpcException exception)
            {
                (cause, reason) = (exception.Status.ToString(), $"{exception.Status}: {exception.Message}");
            }
            catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
            {
                (cause, reason) = ("Silence", $"nothing came for {SilenceLimit.TotalSeconds} s");
            }
            metrics.Lost(cause);
            _lastFailure = $"{address}: {reason}";
            LogLost(address, reason);
            await Task.Delay(_delay.Next(), time, stoppingToken);
        }
    }

    private async Task FollowAsync(string address, CancellationToken stoppingToken)
    {
        using var silence = new CancellationTokenSource(SilenceLimit, time);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, stoppingToken);
        using GrpcClient client = _access.Open(address);
        using GrpcClientCall<ProxyMessage, FeedMessage> call = client.Open(EndpointFeedMethods.Watch);
        await call.WriteAsync(new ProxyMessage { Hello = new Hello { ProxyId = options.ProxyId, Version = Version } }, end.Token);

        var updater = new TableUpdater(table, logger);
        while (await call.ReadAsync(end.Token) is { } message)
        {
            silence.CancelAfter(SilenceLimit);
            ulong? sequence = updater.Apply(message);
            if (message.SyncComplete is not null)
            {
                _hasSynced = true;
                metrics.Synced();
                _delay.Reset();
                LogInStep(address, message.SyncComplete);
            }
            if (updater.IsSynced)
            {
                metrics.Heard();
            }
            if (sequence is not null)
            {
                metrics.Applied(sequence.Value);
                await call.WriteAsync(new ProxyMessage { Applied = new Applied { Sequence = sequence.Value } }, end.Token);
            }
        }
    }

    private void LogInStep(string address, SyncComplete complete)
    {
        _isInStep = true;
        FeedClientLog.InStep(logger, address, complete.Count, complete.Epoch, complete.Sequence);
    }

    // An outage is one line, however many attempts it has.
    private void LogLost(string address, string reason)
    {
        if (_isInStep == false)
        {
            FeedClientLog.StillLost(logger, address, reason);
            return;
        }
        _isInStep = false;
        FeedClientLog.Lost(logger, address, reason, table.Count);
    }
}
