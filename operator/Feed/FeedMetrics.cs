using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using SshGateway.Operator.Table;

namespace SshGateway.Operator.Feed;

/// <summary>The figures of the table and its streams.</summary>
internal sealed class FeedMetrics : IDisposable
{
    private readonly Meter _meter = new("SshGateway.Operator.Feed");
    private readonly ConcurrentDictionary<FeedStream, bool> _streams = [];
    private readonly Counter<long> _sent;

    public FeedMetrics(EndpointTable table)
    {
        _meter.CreateObservableGauge("sshgateway.operator.table_entries", () => table.Count, description: "Sessions in the table");
        _meter.CreateObservableGauge("sshgateway.operator.table_sequence", () => (long)table.Sequence, description: "Changes of the table since the operator started");
        _meter.CreateObservableGauge("sshgateway.operator.feed_streams", () => _streams.Count, description: "Proxies that follow the feed here");
        _meter.CreateObservableGauge(
            "sshgateway.operator.feed_lag", () => _streams.Keys.Select(s => (long)(table.Sequence - s.AppliedSequence)).DefaultIfEmpty().Max(),
            description: "Changes that the proxy that is furthest behind has not applied yet");
        _sent = _meter.CreateCounter<long>("sshgateway.operator.feed_sent", "By", "Bytes of messages to proxies, before HTTP/2 and TLS");
        _sent.Add(0);
    }

    /// <param name="reportsOnly">The proxy follows another operator.</param>
    public void Started(FeedStream stream, bool reportsOnly)
    {
        if (!reportsOnly)
        {
            _streams[stream] = true;
        }
    }

    public void Ended(FeedStream stream) => _streams.TryRemove(stream, out _);

    public void Sent(int bytes) => _sent.Add(bytes);

    public void Dispose() => _meter.Dispose();
}
