using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Operator.Feed;
using SshGateway.Operator.Feed.Authentication;
using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Table;
using SshGateway.Operator.Usage;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Grpc;

namespace SshGateway.Tests.Integration.Feed;

/// <summary>The operator's end of the feed around a table that the test fills, with time in the test's hands.</summary>
internal sealed class FeedServer : IAsyncDisposable
{
    private readonly UsageTable _usage;
    private readonly FeedMetrics _metrics;
    private TestServer? _server;

    private FeedServer(TimeProvider time)
    {
        _usage = new UsageTable(Table, time);
        _metrics = new FeedMetrics(Table);
    }

    public EndpointTable Table { get; } = new();

    public TestServer Server => _server!;

    /// <param name="time">The clock.</param>
    /// <param name="authenticator">Null: whoever comes.</param>
    /// <param name="keys">For TLS; null: plain HTTP/2.</param>
    /// <param name="logger">The service's log.</param>
    public static async Task<FeedServer> StartAsync(
        TimeProvider time, IProxyAuthenticator? authenticator = null, FeedKeys? keys = null, ILogger<FeedService>? logger = null)
    {
        var feed = new FeedServer(time);
        feed._server = await TestServer.StartAsync(
            services => services
                .AddSingleton(new FeedHealth(feed.Table))
                .AddSingleton(s => new FeedService(
                    feed.Table, feed._usage, new HostKeyTable(), feed._metrics, authenticator ?? new NoAuthentication(), time,
                    s.GetRequiredService<IHostApplicationLifetime>(), logger ?? NullLogger<FeedService>.Instance)),
            app =>
            {
                app.MapGrpcService<FeedHealth>();
                app.MapGrpcService<FeedService>();
            },
            keys);
        return feed;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _usage.Dispose();
        _metrics.Dispose();
    }
}
