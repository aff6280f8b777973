using System.Diagnostics.Metrics;
using SshGateway.Hosting.Metrics;

namespace SshGateway.Exec.Connections;

/// <summary>The connections of the proxies.</summary>
internal sealed class ConnectionMetrics : IDisposable
{
    public const string MeterName = "SshGateway.Exec.Connections";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _ended;

    public ConnectionMetrics()
    {
        _ended = _meter.CreateCounter<long>("sshgateway.exec.connections_ended", description: "Connections that ended, by how");
        _ended.StartAtZero("end", Enum.GetNames<ConnectionEnd>());
    }

    /// <summary>What is open now.</summary>
    public void Observe(Func<int> connections, Func<int> channels)
    {
        _meter.CreateObservableGauge("sshgateway.exec.connections", connections, description: "Connections of proxies that are open, logged in or not");
        _meter.CreateObservableGauge("sshgateway.exec.channels", channels, description: "Channels that are open");
    }

    public void Ended(ConnectionEnd end) => _ended.Add(1, new KeyValuePair<string, object?>("end", end.ToString()));

    public void Dispose() => _meter.Dispose();
}
