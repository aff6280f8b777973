using System.Diagnostics.Metrics;
using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Usage;

namespace SshGateway.Operator.Feed;

/// <summary>The figures of what the proxies report.</summary>
internal sealed class ReportMetrics : IDisposable
{
    private readonly Meter _meter = new("SshGateway.Operator.Reports");

    public ReportMetrics(UsageTable usage, HostKeyTable hostKeys)
    {
        _meter.CreateObservableGauge("sshgateway.operator.session_connections", () => usage.Totals.Connections, description: "Connections to sessions that the proxies report, all proxies together");
        _meter.CreateObservableGauge("sshgateway.operator.sessions_in_use", () => usage.Totals.Sessions, description: "Sessions with at least one of them");
        _meter.CreateObservableGauge("sshgateway.operator.sessions_waited_for", () => usage.WaitingLogins.Count, description: "Sessions of whose logins at least one waits for the pod");
        _meter.CreateObservableGauge("sshgateway.operator.known_host_keys", () => hostKeys.Count, description: "Pods of whose host key something is known");
        _meter.CreateObservableCounter(
            "sshgateway.operator.suspect_host_keys", () => hostKeys.Mismatches, description: "Host keys that pods showed to proxies and must not have");
    }

    public void Dispose() => _meter.Dispose();
}
