using System.Diagnostics.Metrics;
using SshGateway.Hosting;
using SshGateway.Proxy.Networks;

namespace SshGateway.Proxy.Limits;

/// <summary>How many clients there may be: in all, not yet logged in, and of one source not yet logged in.</summary>
internal sealed class ClientLimits : IDisposable
{
    // Each costs a key exchange, about a millisecond.
    private const int ExplanationsPerSecond = 20;

    private readonly Meter _meter = new("SshGateway.Proxy.Limits");

    public ClientLimits(int maxConnections, int maxUnauthenticated, int maxUnauthenticatedPerSource, SourceNetworks sources, SourcePenalties penalties, TimeProvider time)
    {
        Penalties = penalties;
        All = new ConcurrencyLimit(maxConnections);
        Unidentified = new ConcurrencyLimit(maxUnauthenticated);
        Unauthenticated = new UnauthenticatedPlaces(maxUnauthenticated, maxUnauthenticatedPerSource, sources);
        Explanations = new RateLimit(ExplanationsPerSecond, TimeSpan.FromSeconds(1), time);
        _meter.CreateObservableGauge("sshgateway.proxy.max_connections", () => maxConnections, description: "As many client connections may be open, logged in or not");
        _meter.CreateObservableGauge("sshgateway.proxy.unauthenticated_connections", () => Unidentified.Count + Unauthenticated.Count, description: "Client connections that are not logged in yet");
        _meter.CreateObservableGauge("sshgateway.proxy.penalized_sources", () => Penalties.Count, description: "Sources whose failures are remembered");
    }

    public SourcePenalties Penalties { get; }

    public ConcurrencyLimit All { get; }

    /// <summary>Connections of balancers that have not said yet whom they act for.</summary>
    public ConcurrencyLimit Unidentified { get; }

    public UnauthenticatedPlaces Unauthenticated { get; }

    /// <summary>Connections that are told something, such as a refusal, before they close. Each has a socket.</summary>
    public ConcurrencyLimit LingeringClose { get; } = new(64);

    /// <summary>Refusals that are told where ssh shows them, after a key exchange.</summary>
    public RateLimit Explanations { get; }

    public void Dispose() => _meter.Dispose();
}
