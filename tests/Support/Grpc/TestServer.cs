using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SshGateway.Operator.Feed;

namespace SshGateway.Tests.Support.Grpc;

/// <summary>A real Kestrel on a free loopback port, HTTP/2 only.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestServer(WebApplication app, int port)
    {
        _app = app;
        Port = port;
    }

    public int Port { get; }

    public Uri Address => new($"http://127.0.0.1:{Port}");

    public Uri SecureAddress => new($"https://127.0.0.1:{Port}");

    /// <summary>Serves a gRPC service within the operator's bounds; with keys, over TLS.</summary>
    public static Task<TestServer> StartAsync<TService>(Func<IServiceProvider, TService> service, FeedKeys? keys = null)
        where TService : class =>
        StartAsync(services => services.AddSingleton(service), app => app.MapGrpcService<TService>(), keys);

    /// <summary>Serves whatever the test wants a server to answer.</summary>
    public static Task<TestServer> StartAsync(RequestDelegate handler) => StartAsync(_ => { }, app => app.Run(handler));

    public static async Task<TestServer> StartAsync(Action<IServiceCollection> add, Action<WebApplication> map, FeedKeys? keys = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        ListenOptions? listener = null;
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0, l =>
            {
                l.Protocols = HttpProtocols.Http2;
                if (keys is not null)
                {
                    l.UseHttps(keys.LoadLeaf());
                }
                listener = l;
            });
        });
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(1));
        builder.Services.AddFeedGrpc();
        add(builder.Services);
        WebApplication app = builder.Build();
        map(app);
        await app.StartAsync();
        return new TestServer(app, listener!.IPEndPoint!.Port);
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
