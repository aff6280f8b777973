using System.Net;
using SshGateway.Feed;
using SshGateway.Hosting;
using SshGateway.Proxy.Networks;
using SshGateway.Proxy.Outcomes;

namespace SshGateway.Proxy.Accounting;

/// <summary>
/// How many connections a limit refuses, and how many logins fail, is an attacker's choice: the first one of a source
/// is reported, and then once a minute the latest, with a count. Logins are told apart by session, if there is one of
/// that name, and by why the key was refused: one person of an office must not hide another.
/// </summary>
internal sealed class RepeatedRefusals(SourceNetworks sources, TimeProvider time, ILogger<RepeatedRefusals> logger) : BackgroundService
{
    /// <summary>Sources and sessions that are told apart in a minute. All others are reported together.</summary>
    public const int Capacity = 1024;

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<Kind, Repetition> _repetitions = [];

    /// <summary>A connection was refused. True: it is to be reported now.</summary>
    /// <param name="session">The session, if there is one of that name; null: there is none, or none was named.</param>
    /// <param name="reason">Why its key was refused; null: none was.</param>
    /// <param name="report">Reports it later, for so many connections.</param>
    public bool IsFirst(IPAddress address, ConnectionEnd end, string? session, KeyRefusal? reason, Action<int> report)
    {
        SourceNetwork source = sources.Find(address);
        lock (_lock)
        {
            if (!_repetitions.TryGetValue(new Kind(source, end, session, reason), out Repetition? repetition))
            {
                Kind key = _repetitions.Count < Capacity ? new Kind(source, end, session, reason) : new Kind(null, end, null, null);
                if (!_repetitions.TryGetValue(key, out repetition))
                {
                    _repetitions.Add(key, new Repetition());
                    return true;
                }
            }
            repetition.Count++;
            repetition.Report = report;
            return false;
        }
    }

    /// <summary>Reports what came since the last time.</summary>
    public void Report()
    {
        List<Repetition> due = [];
        lock (_lock)
        {
            foreach (Kind key in _repetitions.Keys.ToArray())
            {
                Repetition repetition = _repetitions[key];
                if (repetition.Count > 0)
                {
                    due.Add(repetition);
                    _repetitions[key] = new Repetition();
                }
                else
                {
                    // Silent for as long: the next one is a first one.
                    _repetitions.Remove(key);
                }
            }
        }
        due.ForEach(repetition => repetition.Report!(repetition.Count));
    }

    /// <summary>After the connections have ended.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        Report();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Supervision.RunAsync(nameof(RepeatedRefusals), RunAsync, time, logger, stoppingToken);

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            Report();
        }
    }

    private readonly record struct Kind(SourceNetwork? Source, ConnectionEnd End, string? Session, KeyRefusal? Reason);

    private sealed class Repetition
    {
        public int Count { get; set; }

        public Action<int>? Report { get; set; }
    }
}
