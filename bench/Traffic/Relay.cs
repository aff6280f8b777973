using System.Net;
using SshGateway.Bench.Processes;
using SshGateway.Bench.Traffic.Raw;

namespace SshGateway.Bench.Traffic;

/// <summary>A process between clients and upstreams: the gateway's proxy, or what it is compared with.</summary>
/// <param name="Name">On the page.</param>
/// <param name="Process">What is measured; owned.</param>
/// <param name="Clients">Where they connect.</param>
/// <param name="IsGateway">Whether it has to be asked for a session.</param>
internal sealed record Relay(string Name, BenchProcess Process, IPEndPoint Clients, bool IsGateway) : IAsyncDisposable
{
    /// <summary>A connection to the raw upstream.</summary>
    /// <param name="number">At which of its addresses, for the gateway; another relay takes them in turn.</param>
    public Task<RawClient> ConnectAsync(int number) => RawClient.ConnectAsync(Clients, IsGateway ? TestSessions.Raw(number) : null);

    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
