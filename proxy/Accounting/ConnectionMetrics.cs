using System.Diagnostics.Metrics;
using SshGateway.Feed;
using SshGateway.Hosting.Metrics;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Sessions;

namespace SshGateway.Proxy.Accounting;

/// <summary>The figures of the connections. No session ids and no addresses: there may be a million of them.</summary>
internal sealed class ConnectionMetrics : IDisposable
{
    private readonly Meter _meter = new("SshGateway.Proxy.Connections");
    private readonly UpDownCounter<long> _open;
    private readonly Histogram<double> _logins;
    private readonly Counter<long> _ended;
    private readonly Counter<long> _refusedKeys;
    private readonly Counter<long> _transferred;

    public ConnectionMetrics(WaitingLogins waiting)
    {
        _open = _meter.CreateUpDownCounter<long>("sshgateway.proxy.connections", description: "Client connections that are open, logged in or not");
        _meter.CreateObservableGauge("sshgateway.proxy.waiting_logins", () => waiting.Count, description: "Authenticated clients that wait for their session's pod");
        _logins = _meter.CreateHistogram(
            "sshgateway.proxy.login_duration", "s", "From the accepted connection to the login's success, the user's passphrase included", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120] });
        _ended = _meter.CreateCounter<long>("sshgateway.proxy.connections_ended", description: "Client connections by how they ended and who has to act on it");
        _refusedKeys = _meter.CreateCounter<long>("sshgateway.proxy.refused_keys", description: "Keys that clients offered in vain, by why they were refused");
        _transferred = _meter.CreateCounter<long>("sshgateway.proxy.transferred", "By", "Bytes on the wire of the clients' connections");
        _open.Add(0);
        foreach (ConnectionEnd end in Enum.GetValues<ConnectionEnd>())
        {
            CountEnd(end, end.Blame, 0);
        }
        _refusedKeys.StartAtZero("reason", Enum.GetNames<KeyRefusal>());
        Transferred(0, 0);
    }

    public void Accepted() => _open.Add(1);

    public void LoggedIn(TimeSpan after) => _logins.Record(after.TotalSeconds);

    public void Ended(ConnectionEnd end, Blame blame)
    {
        _open.Add(-1);
        CountEnd(end, blame, 1);
    }

    public void KeyRefused(KeyRefusal reason) => _refusedKeys.Add(1, new KeyValuePair<string, object?>("reason", reason.ToString()));

    public void Transferred(long fromClients, long toClients)
    {
        _transferred.Add(fromClients, new KeyValuePair<string, object?>("direction", "from_client"));
        _transferred.Add(toClients, new KeyValuePair<string, object?>("direction", "to_client"));
    }

    public void Dispose() => _meter.Dispose();

    private void CountEnd(ConnectionEnd end, Blame blame, int count) =>
        _ended.Add(count, new KeyValuePair<string, object?>("end", end.ToString()), new KeyValuePair<string, object?>("blame", blame.ToString()));
}
