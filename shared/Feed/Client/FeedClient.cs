using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SshGateway.Hosting;
using SshGateway.Hosting.Text;

namespace SshGateway.Feed.Client;

/// <summary>
/// Keeps the table in step with an operator. While none can be reached the table stays as it is, without limit:
/// sessions that were known can be logged into.
/// </summary>
internal sealed class FeedClient(FeedOptions options, IFeedTable table, FeedMetrics metrics, OperatorClock clock, TimeProvider time, ILogger logger)
    : BackgroundService
{
    // Operators that are all behind what we have seen, for as long: then it is the cluster that was put back.
    private static readonly TimeSpan BehindLimit = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromSeconds(10);

    private readonly OperatorChoice _operators = new(new OperatorDirectory(options.Operators), Random.Shared);
    private readonly OperatorAccess _access = new(options, time);
    private readonly TableUpdater _updater = new(table, options.Program, logger);
    private readonly ReconnectDelay _delay = new(Random.Shared);
    private volatile bool _hasSynced;
    private volatile string? _lastFailure;
    private bool? _isSynchronized;
    private long? _behindSince;

    /// <summary>Whether the table has been complete once. It never becomes false again.</summary>
    public bool HasSynced => _hasSynced;

    /// <summary>Why this process cannot do its work yet; null when it can.</summary>
    public string? NotReady => _hasSynced ? null
        : $"no operator has sent its sessions yet{(_lastFailure is { } failure ? $": {failure}" : "")}";

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Supervision.RunAsync(nameof(FeedClient), RunAsync, time, logger, stoppingToken);

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(await FollowOneAsync(stoppingToken), time, stoppingToken);
        }
    }

    /// <returns>How long to wait before the next attempt.</returns>
    private async Task<TimeSpan> FollowOneAsync(CancellationToken stoppingToken)
    {
        OperatorAddress? address = null;
        string Name() => address?.ToString() ?? string.Join(", ", options.Operators);
        string reason;
        string cause;
        try
        {
            address = await _operators.NextAsync(stoppingToken);
            if (await FollowAsync(address, stoppingToken) is { } goAway)
            {
                return ComeBack(address, goAway);
            }
            (cause, reason) = (FeedMetrics.Ended, "it ended the stream");
        }
        catch (RpcException exception)
        {
            (cause, reason) = (exception.StatusCode.ToString(), OperatorFailure.Explain(exception, options));
        }
        catch (TableMismatchException exception)
        {
            metrics.Lost(FeedMetrics.Mismatch);
            FeedClientLog.Mismatch(logger, Name(), exception.Message);
            return _delay.Next();
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            (cause, reason) = (FeedMetrics.Silence, $"nothing came for {OperatorAccess.SilenceLimit.TotalSeconds} s");
        }
        metrics.Lost(cause);
        _lastFailure = address is null ? reason : $"{address}: {reason}";
        LogLost(Name(), reason);
        return _delay.Next();
    }

    /// <returns>The operator's wish to end the stream; null when it ended it without one.</returns>
    private async Task<GoAway?> FollowAsync(OperatorAddress address, CancellationToken stoppingToken)
    {
        using var silence = new CancellationTokenSource(OperatorAccess.SilenceLimit, time);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, stoppingToken);
        using OperatorStream stream = _access.Open(address, end.Token);
        Hello hello = _updater.Begin();
        hello.ProxyId = options.Id;
        hello.Version = OperatorAccess.Version;
        await stream.WriteAsync(new ProxyMessage { Hello = hello });

        while (await stream.ReadAsync() is { } message)
        {
            silence.CancelAfter(OperatorAccess.SilenceLimit);
            if (message.GoAway is not null)
            {
                return message.GoAway;
            }
            ulong? sequence = _updater.Apply(message);
            if (message.SyncComplete is not null)
            {
                clock.Compare(message.SyncComplete.Time);
                _hasSynced = true;
                metrics.Synced(_updater.Cause);
                _behindSince = null;
                LogSynchronized(address, message.SyncComplete);
            }
            if (_updater.IsSynced)
            {
                metrics.Heard();
            }
            if (message.Heartbeat is not null)
            {
                clock.Compare(message.Heartbeat.Time);
                // A stream that is good for ten seconds. One that breaks sooner, again and again, must not be begun
                // without pause.
                _delay.Reset();
            }
            if (sequence is not null)
            {
                metrics.Applied(sequence.Value);
                await stream.WriteAsync(new ProxyMessage { Applied = new Applied { Sequence = sequence.Value } });
            }
        }
        return null;
    }

    private TimeSpan ComeBack(OperatorAddress address, GoAway goAway)
    {
        metrics.Lost(goAway.Reason.ToString());
        FeedClientLog.SentAway(logger, address.ToString(), goAway.Reason);
        _lastFailure = $"{address}: it sent us away: {goAway.Reason}";
        if (goAway.Reason == GoAwayReason.NewEpoch)
        {
            _updater.ForgetMinimum();
        }
        if (goAway.Reason == GoAwayReason.Behind)
        {
            _behindSince ??= time.GetTimestamp();
            if (time.GetElapsedTime(_behindSince.Value) >= BehindLimit)
            {
                FeedClientLog.PutBack(logger, BehindLimit.TotalMinutes, options.Program.Name);
                _updater.ForgetMinimum();
            }
        }
        TimeSpan wish = TimeSpan.FromMilliseconds(goAway.RetryAfter);
        wish = wish < MaxRetryAfter ? wish : MaxRetryAfter;
        return _updater.IsSynced ? wish : wish + _delay.Next();
    }

    private void LogSynchronized(OperatorAddress address, SyncComplete complete)
    {
        _isSynchronized = true;
        FeedClientLog.Synchronized(logger, address.ToString(), Sessions((long)complete.Count), complete.Epoch, complete.Sequence);
    }

    // An outage is one line, however many attempts it has.
    private void LogLost(string address, string reason)
    {
        if (_isSynchronized == false)
        {
            FeedClientLog.StillLost(logger, address, reason);
            return;
        }
        _isSynchronized = false;
        FeedClientLog.Lost(logger, address, reason, Sessions(table.Count));
    }

    private static Quantity Sessions(long count) => new(count, "session");
}
