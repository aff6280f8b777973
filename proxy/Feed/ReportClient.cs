using Grpc.Core;
using SshGateway.Feed;
using SshGateway.Feed.Client;
using SshGateway.Hosting;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Pods;
using SshGateway.Proxy.Sessions;

namespace SshGateway.Proxy.Feed;

/// <summary>
/// Tells the operators how sessions are used, who is connected, whose logins are refused, which sessions logins wait
/// for, and which host keys pods show: each of them, not only the one that is followed, because any may be the one that
/// writes status or is asked. A stream that is lost costs nothing but the news; the next one begins with everything but
/// refused logins. Closes the connections that an operator asks it to close.
/// </summary>
internal sealed partial class ReportClient(
    FeedOptions options, OpenSessions sessions, RefusedLogins refusedLogins, WaitingLogins waitingLogins, SessionTable table, PodHostKeys hostKeys,
    TimeProvider time, ILogger<ReportClient> logger) : BackgroundService
{
    // A host key is of use to the other proxies at once; how sessions are used only people want to know.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private const int IntervalsPerUsage = 5;
    private const int IntervalsPerBytes = 10;

    // How soon another replica of the operator is found.
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(30);

    private readonly OperatorDirectory _operators = new(options.Operators);
    private readonly OperatorAccess _access = new(options, time);
    private volatile IReadOnlyList<OperatorAddress> _known = [];

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Supervision.RunAsync(nameof(ReportClient), RunAsync, time, logger, stoppingToken);

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        var reporting = new Dictionary<OperatorAddress, Task>();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                _known = await _operators.ResolveAsync(stoppingToken);
            }
            catch (RpcException exception)
            {
                Log.Lost(logger, string.Join(", ", options.Operators), exception.Status.Detail);
            }
            foreach (OperatorAddress ended in reporting.Where(r => r.Value.IsCompleted).Select(r => r.Key).ToArray())
            {
                reporting.Remove(ended);
            }
            foreach (OperatorAddress address in _known)
            {
                if (!reporting.ContainsKey(address))
                {
                    reporting[address] = Supervision.RunAsync(nameof(ReportClient), cancellation => KeepReportingAsync(address, cancellation), time, logger, stoppingToken);
                }
            }
            await Task.Delay(LookInterval, time, stoppingToken);
        }
    }

    // As long as the operator's name has this address.
    private async Task KeepReportingAsync(OperatorAddress address, CancellationToken stoppingToken)
    {
        var delay = new ReconnectDelay(Random.Shared);
        while (_known.Contains(address) && !stoppingToken.IsCancellationRequested)
        {
            string reason;
            try
            {
                await ReportAsync(address, delay, stoppingToken);
                reason = "it ended the stream";
            }
            catch (RpcException exception)
            {
                reason = OperatorFailure.Explain(exception, options);
            }
            catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
            {
                reason = $"nothing came for {OperatorAccess.SilenceLimit.TotalSeconds} s";
            }
            Log.Lost(logger, address.ToString(), reason);
            await Task.Delay(delay.Next(), time, stoppingToken);
        }
    }

    private async Task ReportAsync(OperatorAddress address, ReconnectDelay delay, CancellationToken stoppingToken)
    {
        using var silence = new CancellationTokenSource(OperatorAccess.SilenceLimit, time);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, stoppingToken);
        using OperatorStream stream = _access.Open(address, end.Token);
        await stream.WriteAsync(new ProxyMessage { Hello = new Hello { ProxyId = options.Id, Version = OperatorAccess.Version, ReportsOnly = true } });
        Task writing = WriteAsync(stream, end.Token);
        try
        {
            while (!writing.IsFaulted && await stream.ReadAsync() is { } message)
            {
                if (message.CloseConnection is { } close)
                {
                    sessions.Close(close.SessionId, close.ConnectionId, LogText.Printable(close.Caller));
                }
                silence.CancelAfter(OperatorAccess.SilenceLimit);
                delay.Reset();
            }
        }
        finally
        {
            await end.CancelAsync();
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // That the stream has ended is found out, with the reason, by whoever reads it.
    private async Task WriteAsync(OperatorStream stream, CancellationToken cancellationToken)
    {
        using var usage = new UsageJournal(sessions);
        using var connections = new ConnectionJournal(sessions);
        using var refused = new RefusedLoginJournal(refusedLogins);
        var wanted = new WantedJournal(waitingLogins, table);
        using var keys = new HostKeyJournal(hostKeys);
        using var timer = new PeriodicTimer(Interval, time);
        int interval = 0;
        do
        {
            foreach (ProxyMessage report in keys.Take())
            {
                if (!await stream.WriteAsync(report))
                {
                    return;
                }
            }
            bool isUsageDue = interval % IntervalsPerUsage == 0;
            IEnumerable<Activity> reports = isUsageDue ? usage.Take() : [];
            reports = reports.Concat(connections.Take(withBytes: interval % IntervalsPerBytes == 0));
            Activity?[] rest = [wanted.Take(), isUsageDue ? refused.Take() : null];
            foreach (Activity report in reports.Concat(rest.OfType<Activity>()))
            {
                if (!await stream.WriteAsync(new ProxyMessage { Activity = report }))
                {
                    return;
                }
            }
            interval = (interval + 1) % (IntervalsPerUsage * IntervalsPerBytes);
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    private static partial class Log
    {
        // The feed client warns of an outage; reports only follow it.
        [LoggerMessage(1, LogLevel.Debug, "Operator {Address} accepts no reports: {Reason}")]
        public static partial void Lost(ILogger logger, string address, string reason);
    }
}
