using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using SshGateway.Hosting;
using SshGateway.Hosting.Logging;
using SshGateway.Hosting.Metrics;
using SshGateway.Proxy.Accounting;
using SshGateway.Proxy.Configuration;
using SshGateway.Proxy.Feed;
using SshGateway.Proxy.Keys;
using SshGateway.Proxy.Limits;
using SshGateway.Proxy.Listening;
using SshGateway.Proxy.Networks;
using SshGateway.Proxy.Passthrough;
using SshGateway.Proxy.Pods;
using SshGateway.Proxy.Reports;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Sockets.Epoll;
using SshGateway.Ssh.Transport;

namespace SshGateway.Proxy.Hosting;

/// <summary>Composes the process: feed → table, SSH listener → connections, and the probes' listener.</summary>
internal static class ProxyHost
{
    public static WebApplication Build(string[] arguments)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.UseGatewaySources(arguments);
        ProxyOptions options = ProxyOptionsReader.Read(builder.Configuration);
        builder.Logging.UseGatewayConsole();
        AddServices(builder.Services, options);
        builder.AddGatewayMetrics(options.OtlpEndpoint, "sshgateway-proxy", options.Id);
        ListenOptions? probes = null;
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // The options have been checked: it parses.
            _ = ListenAddress.TryParse(options.HttpListen, out IPEndPoint? address);
            kestrel.Listen(address!, listener =>
            {
                listener.Protocols = HttpProtocols.Http1;
                probes = listener;
            });
        });
        WebApplication app = builder.Build();
        app.UseMetricsEndpoint();
        FeedClient feed = app.Services.GetRequiredService<FeedClient>();
        SshListener listener = app.Services.GetRequiredService<SshListener>();
        app.Run(context => Probes.HandleAsync(context, listener.NotReady ?? feed.NotReady));
        app.Lifetime.ApplicationStarted.Register(() => LogStart(app, probes));
        return app;
    }

    private static void AddServices(IServiceCollection services, ProxyOptions options)
    {
        var podLoginLimits = new PodLoginLimits { LoginTimeout = options.PodLoginTimeout, HandshakesPerPod = options.HandshakesPerPod };
        services.AddSingleton(options);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<SessionTable>();
        services.AddSingleton<ConnectionMetrics>();
        services.AddSingleton(new FeedOptions
        {
            Operators = [.. options.Operators],
            ProxyId = options.Id,
            AuthoritiesFile = options.OperatorInsecure ? null : options.OperatorCA,
            TokenFile = options.OperatorInsecure ? null : options.OperatorToken,
        });
        services.AddSingleton<FeedMetrics>();
        services.AddSingleton<FeedClient>();
        services.AddHostedService(provider => provider.GetRequiredService<FeedClient>());

        services.AddSingleton(provider => new KeyFiles<HostKeySet>(
            options.HostKeys, static keys => new HostKeySet(keys), TimeProvider.System, provider.GetRequiredService<ILogger<KeyFiles<HostKeySet>>>()));
        services.AddSingleton<Func<HostKeySet>>(provider =>
        {
            KeyFiles<HostKeySet> files = provider.GetRequiredService<KeyFiles<HostKeySet>>();
            return () => files.Current;
        });
        services.AddSingleton(provider => new KeyFiles<IPodCredentials>(
            [options.UserCaKey.Length > 0 ? options.UserCaKey : options.GatewayKey],
            keys => options.UserCaKey.Length > 0 ? new UserCertificateAuthority(keys[0], TimeProvider.System) : new GatewayKey(keys[0]),
            TimeProvider.System,
            provider.GetRequiredService<ILogger<KeyFiles<IPodCredentials>>>()));
        services.AddSingleton<IPodCredentials, ReloadedPodCredentials>();
        services.AddSingleton(new RekeyLimits(options.RekeyBytes == 0 ? null : options.RekeyBytes));
        services.AddSingleton(ClientOffer.From(options));
        services.AddSingleton(new NetworkSet(options.ProxyProtocolFrom));
        services.AddSingleton(podLoginLimits);
        services.AddSingleton(new HandshakeSlots(podLoginLimits.HandshakesPerPod));
        services.AddSingleton<PodConnector>();
        services.AddSingleton<PodHostKeys>();
        services.AddSingleton<PodLogin>();
        services.AddSingleton(_ => new EventLoops(TimeSpan.FromMicroseconds(options.BusyPoll)));
        services.AddSingleton<SourceNetworks>();
        services.AddSingleton<ClientLimits>();
        services.AddSingleton<PassthroughLimits>();
        services.AddSingleton<PipePool>();
        services.AddSingleton<PassthroughServices>();
        services.AddSingleton<AuditLog>();
        // Before the listener, as services stop in the reverse order: it gets the last ends too.
        services.AddHostedService(provider => provider.GetRequiredService<AuditLog>());
        services.AddSingleton<OpenSessions>();
        services.AddHostedService<OpenSessionReview>();
        services.AddHostedService<ReportClient>();
        services.AddSingleton<ConnectionServices>();
        services.AddSingleton<SshListener>();
        services.AddHostedService(provider => provider.GetRequiredService<SshListener>());
        // The host's own patience, 30 s, is for what is left when the connections have ended.
        services.Configure<HostOptions>(host => host.ShutdownTimeout = options.DrainDelay + options.DrainTimeout + TimeSpan.FromSeconds(30));
    }

    private static void LogStart(WebApplication app, ListenOptions? probes)
    {
        HostingLog.ProbesListening(app.Logger, probes?.IPEndPoint);
        if (app.Services.GetRequiredService<ProxyOptions>().OperatorInsecure)
        {
            HostingLog.OperatorInsecure(app.Logger);
        }
        foreach (SshPublicKey key in app.Services.GetRequiredService<Func<HostKeySet>>()().PublicKeys)
        {
            HostingLog.HostKey(app.Logger, key.Type, key.Fingerprint);
        }
        IPodCredentials credentials = app.Services.GetRequiredService<IPodCredentials>();
        HostingLog.PodCredentials(app.Logger, credentials.Kind, credentials.PublicKey.Type, credentials.PublicKey.Fingerprint);
    }
}
