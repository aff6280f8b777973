using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Feed.Client;
using SshGateway.Proxy.Feed;
using SshGateway.Proxy.Sessions;
using SshGateway.Tests.Support;

namespace SshGateway.Bench.Scale;

/// <summary>What a proxy has of the feed: the real client with TLS and a token, and the real table.</summary>
internal sealed class BenchProxy : IAsyncDisposable
{
    private readonly FeedMetrics _metrics;
    private readonly FeedClient _client;

    public BenchProxy(int number, Uri feed, FeedKeys keys)
    {
        var clock = new OperatorClock(ProxyFeed.Program, TimeProvider.System, NullLogger<OperatorClock>.Instance);
        var table = new SessionFeedTable(Table);
        _metrics = new FeedMetrics(ProxyFeed.Program, table, clock, TimeProvider.System);
        _client = new FeedClient(
            new FeedOptions
            {
                Program = ProxyFeed.Program,
                Operators = [feed.Authority],
                AuthoritiesFile = keys.AuthoritiesFile,
                TokenFile = keys.TokenFile,
                Id = $"bench-{number}",
            },
            table, _metrics, clock, TimeProvider.System, Log);
    }

    public SessionTable Table { get; } = new();

    public SyncLog Log { get; } = new();

    /// <summary>As endpoint_feed.proto defines it, over the table as it is.</summary>
    public (ulong Count, ulong Hash) State
    {
        get
        {
            ulong count = 0;
            ulong hash = 0;
            foreach (SessionEntry entry in Table.Entries)
            {
                count++;
                hash = unchecked(hash + entry.WireHash);
            }
            return (count, hash);
        }
    }

    public Task StartAsync() => _client.StartAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _client.StopAsync(CancellationToken.None);
        _client.Dispose();
        _metrics.Dispose();
    }
}
