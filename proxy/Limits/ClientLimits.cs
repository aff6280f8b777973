using System.Diagnostics.Metrics;
using SshGateway.Proxy.Configuration;
using SshGateway.Proxy.Networks;

namespace SshGateway.Proxy.Limits;

/// <summary>How many clients there may be: all of them, those who have not logged in yet, and those of one source who have not.</summary>
internal sealed class ClientLimits : IDisposable
{
    // Each costs a key exchange, about a millisecond.
    private const int ExplanationsPerSecond = 20;

    private readonly Meter _meter = new("SshGateway.Proxy.Limits");

    public ClientLimits(ProxyOptions options, SourceNetworks sources, TimeProvider time)
    {
        Sources = sources;
        Penalties = new SourcePenalties(options, sources, time);
        All = new PartitionedConcurrencyLimit<bool>(options.MaxConnections);
        Unauthenticated = new PartitionedConcurrencyLimit<bool>(options.MaxUnauthenticated);
        Explanations = new RateLimit(ExplanationsPerSecond, time);
        UnauthenticatedBySource = new PartitionedConcurrencyLimit<SourceNetwork>(options.MaxUnauthenticatedPerSource);
        _meter.CreateObservableGauge("sshgateway.proxy.unauthenticated_connections", () => Unauthenticated.CountOf(true), description: "Client connections that are not logged in yet");
        _meter.CreateObservableGauge("sshgateway.proxy.penalized_sources", () => Penalties.Count, description: "Sources whose failures are remembered");
    }

    public SourceNetworks Sources { get; }

    public SourcePenalties Penalties { get; }

    public PartitionedConcurrencyLimit<bool> All { get; }

    public PartitionedConcurrencyLimit<bool> Unauthenticated { get; }

    public PartitionedConcurrencyLimit<SourceNetwork> UnauthenticatedBySource { get; }

    /// <summary>Connections that are told something before they are closed, such as why they are refused. Each costs as much as one that is not, for a moment.</summary>
    public PartitionedConcurrencyLimit<bool> LingeringClose { get; } = new(64);

    /// <summary>Refusals that are told where ssh shows them, after a key exchange.</summary>
    public RateLimit Explanations { get; }

    public void Dispose() => _meter.Dispose();
}
