using System.Diagnostics.Metrics;
using Grpc.Core;
using SshGateway.Hosting.Metrics;

namespace SshGateway.Feed.Client;

/// <summary>The figures of the table and of the stream that keeps it in step.</summary>
internal sealed class FeedMetrics : IDisposable
{
    /// <summary>How a stream ends or cannot be opened: by a gRPC status, a GoAway, or a word of ours.</summary>
    public static readonly IReadOnlyList<string> LostCauses =
    [
        .. Enum.GetValues<StatusCode>().Where(status => status != StatusCode.OK).Select(status => status.ToString()),
        .. Enum.GetValues<GoAwayReason>().Where(reason => reason != GoAwayReason.Unspecified).Select(reason => reason.ToString()),
        Ended, Silence, Mismatch,
    ];

    /// <summary>The operator ended the stream, without a reason.</summary>
    public const string Ended = "Ended";

    /// <summary>Nothing came for too long.</summary>
    public const string Silence = "Silence";

    /// <summary>The table was not what the operator's was.</summary>
    public const string Mismatch = "Mismatch";

    private readonly Meter _meter;
    private readonly TimeProvider _time;
    private readonly Counter<long> _lost;
    private readonly Counter<long> _synced;
    private long _heardAt;
    private long _sequence;
    private volatile bool _isInStep;

    public FeedMetrics(FeedProgram program, IFeedTable table, OperatorClock clock, TimeProvider time)
    {
        _meter = new Meter($"SshGateway.{program.Section}.Feed");
        _time = time;
        _heardAt = time.GetTimestamp();
        _meter.CreateObservableGauge($"{program.MetricPrefix}.table_entries", () => table.Count, description: "Sessions in the table");
        _meter.CreateObservableGauge(
            $"{program.MetricPrefix}.table_age", () => _time.GetElapsedTime(Volatile.Read(ref _heardAt)).TotalSeconds, "s",
            "Since an operator last confirmed the table, or since the start; more than 30 s is an outage of the feed, through which logins go on");
        _meter.CreateObservableGauge($"{program.MetricPrefix}.feed_in_step", () => _isInStep ? 1 : 0, description: "Whether an operator is followed and the table is complete");
        _meter.CreateObservableGauge($"{program.MetricPrefix}.feed_sequence", () => Volatile.Read(ref _sequence), description: "The operator's sequence that the table has reached");
        _meter.CreateObservableGauge($"{program.MetricPrefix}.clock_skew", () => clock.Skew.TotalSeconds, "s", $"By how much this {program.Name}'s clock is ahead of the operator's; negative: behind");
        _synced = _meter.CreateCounter<long>($"{program.MetricPrefix}.feed_syncs", description: "Tables that were brought into step with an operator, by how");
        _lost = _meter.CreateCounter<long>($"{program.MetricPrefix}.feed_lost", description: "Streams that ended or could not be opened, by gRPC status");
        _synced.StartAtZero("cause", Enum.GetNames<SyncCause>());
        _lost.StartAtZero("cause", LostCauses);
    }

    /// <summary>A message came on a stream whose table is complete.</summary>
    public void Heard() => Volatile.Write(ref _heardAt, _time.GetTimestamp());

    public void Applied(ulong sequence) => Volatile.Write(ref _sequence, (long)sequence);

    public void Synced(SyncCause cause)
    {
        _isInStep = true;
        _synced.Add(1, new KeyValuePair<string, object?>("cause", cause.ToString()));
    }

    /// <param name="cause">One of <see cref="LostCauses"/>.</param>
    public void Lost(string cause)
    {
        _isInStep = false;
        _lost.Add(1, new KeyValuePair<string, object?>("cause", cause));
    }

    public void Dispose() => _meter.Dispose();
}
