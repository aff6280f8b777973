using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using SshGateway.Proxy.Configuration;
using SshGateway.Proxy.Connections;
using SshGateway.Proxy.Feed;
using SshGateway.Proxy.Keys;
using SshGateway.Proxy.Pods;
using SshGateway.Proxy.Reports;
using SshGateway.Proxy.Ssh.Keys;
using SshGateway.Proxy.Ssh.Transport;
using SshGateway.Proxy.Table;
using SshGateway.Shared.Hosting;
using SshGateway.Shared.Metrics;
using SshGateway.Shared.Ssh;
using SshGateway.Shared.Ssh.Keys;

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
        app.Run(context => Probes.HandleAsync(context, feed.NotReady));
        app.Lifetime.ApplicationStarted.Register(() => LogStart(app, probes));
        return app;
    }

    private static void AddServices(IServiceCollection services, ProxyOptions options)
    {
        var podLoginLimits = new PodLoginLimits();
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
        services.AddSingleton(podLoginLimits);
        services.AddSingleton(new HandshakeSlots(podLoginLimits.HandshakesPerPod));
        services.AddSingleton<PodHostKeys>();
        services.AddSingleton<PodLogin>();
        services.AddSingleton<OpenSessions>();
        services.AddHostedService<OpenSessionReview>();
        services.AddHostedService<ReportClient>();
        services.AddSingleton<ConnectionServices>();
        services.AddHostedService<SshListener>();
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
