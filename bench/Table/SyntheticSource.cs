using System.Net;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Operator.Feed;
using SshGateway.Operator.Feed.Authentication;
using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Table;
using SshGateway.Operator.Usage;

namespace SshGateway.Bench.Table;

/// <summary>
/// The operator's table and feed without a cluster behind them, as a process of its own. It prints "ready" when it
/// serves.
/// </summary>
internal static class SyntheticSource
{
    public static async Task RunAsync(int port, int sessions)
    {
        var table = new EndpointTable();
        table.Apply([.. SyntheticSessions.Of(sessions, SessionIds.Short, seed: 1).Select(e => new TableEntry(e.SessionId, e.PodUid, e.ToByteArray()))], [], default);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, port, listener => listener.Protocols = HttpProtocols.Http2);
        });
        using var usage = new UsageTable(table, TimeProvider.System);
        using var metrics = new FeedMetrics(table);
        builder.Services.AddFeedGrpc();
        builder.Services.AddSingleton(services => new FeedService(
            table, usage, new HostKeyTable(), metrics, new NoAuthentication(), TimeProvider.System,
            services.GetRequiredService<IHostApplicationLifetime>(), NullLogger<FeedService>.Instance));
        await using WebApplication app = builder.Build();
        app.MapGrpcService<FeedService>();
        await app.StartAsync();
        Console.WriteLine("ready");
        await ((IHost)app).WaitForShutdownAsync();
    }
}
