using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Feed.Client;
using SshGateway.Proxy.Feed;
using SshGateway.Proxy.Sessions;

namespace SshGateway.Tests.Support.Feed;

/// <summary>A proxy's feed client with a table of its own.</summary>
internal sealed class FeedClientRun : IAsyncDisposable
{
    private readonly FeedClient _client;
    private readonly FeedMetrics _metrics;

    private FeedClientRun(IReadOnlyList<string> operators, FeedKeys? keys, TimeProvider time)
    {
        Clock = new OperatorClock(ProxyFeed.Program, time, NullLogger<OperatorClock>.Instance);
        var table = new SessionFeedTable(Table);
        _metrics = new FeedMetrics(ProxyFeed.Program, table, Clock, time);
        _client = new FeedClient(
            new FeedOptions
            {
                Program = ProxyFeed.Program,
                Operators = operators,
                AuthoritiesFile = keys?.AuthoritiesFile,
                TokenFile = keys?.TokenFile,
                Id = "proxy-a",
            },
            table, _metrics, Clock, time, Log);
    }

    public OperatorClock Clock { get; }

    public SessionTable Table { get; } = new();

    public LogRecorder<FeedClient> Log { get; } = new();

    public bool HasSynced => _client.HasSynced;

    public string? NotReady => _client.NotReady;

    /// <summary>Follows a whole operator.</summary>
    public static Task<FeedClientRun> StartAsync(OperatorRun run) => StartAsync(run.FeedPort, run.Keys);

    /// <summary>Follows whatever speaks the feed on this port; without keys, in plain HTTP/2.</summary>
    public static Task<FeedClientRun> StartAsync(int port, FeedKeys? keys = null, TimeProvider? time = null) => StartAsync([port], keys, time);

    public static async Task<FeedClientRun> StartAsync(IEnumerable<int> ports, FeedKeys? keys = null, TimeProvider? time = null)
    {
        var run = new FeedClientRun([.. ports.Select(port => $"127.0.0.1:{port}")], keys, time ?? TimeProvider.System);
        await run._client.StartAsync(CancellationToken.None);
        return run;
    }

    public SessionEntry? Find(string sessionId) => Table.TryGet(sessionId, out SessionEntry? entry) ? entry : null;

    public async ValueTask DisposeAsync()
    {
        await _client.StopAsync(CancellationToken.None);
        _client.Dispose();
        _metrics.Dispose();
    }
}
