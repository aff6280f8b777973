using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Shared.Grpc;
using SshGateway.Tests.Support;

namespace SshGateway.Tests.Grpc;

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

    /// <summary>Serves gRPC methods; with keys, over TLS.</summary>
    public static Task<TestServer> StartAsync(Action<GrpcServer, IHostApplicationLifetime> configure, TimeProvider? time = null, FeedKeys? keys = null) =>
        StartAsync(
            app =>
            {
                var grpc = new GrpcServer(time ?? TimeProvider.System, NullLogger<GrpcServer>.Instance);
                configure(grpc, app.Lifetime);
                return grpc.HandleAsync;
            },
            keys);

    /// <summary>Serves whatever the test wants a server to answer.</summary>
    public static Task<TestServer> StartAsync(RequestDelegate handler) => StartAsync(_ => handler);

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private static async Task<TestServer> StartAsync(Func<WebApplication, RequestDelegate> handler, FeedKeys? keys = null)
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
        WebApplication app = builder.Build();
        app.Run(handler(app));
        await app.StartAsync();
        return new TestServer(app, listener!.IPEndPoint!.Port);
    }
}
