using System.Collections.Concurrent;
using SshGateway.Feed;
using SshGateway.Proxy.Sessions;
using SshGateway.Tests.Support;

namespace SshGateway.Bench.Scale;

/// <summary>Many proxies' feed clients and tables, in this process.</summary>
internal sealed class ProxyFleet : IAsyncDisposable
{
    private readonly BenchProxy[] _proxies;
    private readonly ConcurrentDictionary<string, AcceptedConnection> _arrivals = [];

    public ProxyFleet(int count, Uri feed, FeedKeys keys)
    {
        _proxies = [.. Enumerable.Range(0, count).Select(i => new BenchProxy(i, feed, keys))];
        foreach ((int number, BenchProxy proxy) in _proxies.Index())
        {
            proxy.Table.Changed += id => Look(number, proxy.Table, id);
        }
    }

    public int Count => _proxies.Length;

    /// <summary>Tables that turned out to be wrong, and entries that could not be used.</summary>
    public int Faults => _proxies.Sum(p => p.Log.Faults);

    public Task StartAsync() => Task.WhenAll(_proxies.Select(p => p.StartAsync()));

    /// <summary>Waits until each proxy has been in step so many times.</summary>
    /// <returns>When the last one was.</returns>
    public async Task<long> SyncedAsync(int times)
    {
        while (_proxies.Any(p => p.Log.Syncs < times))
        {
            await Task.Delay(5);
        }
        return _proxies.Max(p => p.Log.LastSync);
    }

    /// <returns>Completes when all tables have the session in this state, which they do not have yet; with the
    /// time.</returns>
    public Task<long> ExpectAsync(string id, EndpointState state)
    {
        var arrival = new AcceptedConnection(state, _proxies.Length);
        _arrivals[id] = arrival;
        return arrival.Everywhere;
    }

    /// <returns>How many tables are not this one.</returns>
    public int CountOthers((ulong Count, ulong Hash) expected) => _proxies.Count(p => p.State != expected);

    public async ValueTask DisposeAsync() => await Task.WhenAll(_proxies.Select(p => p.DisposeAsync().AsTask()));

    private void Look(int proxy, SessionTable table, string id)
    {
        if (_arrivals.TryGetValue(id, out AcceptedConnection? arrival) && table.TryGet(id, out SessionEntry? entry))
        {
            arrival.Look(proxy, entry);
        }
    }
}
