using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using SshGateway.Proxy.Configuration;
using SshGateway.Proxy.Connections;
using SshGateway.Proxy.Feed;
using SshGateway.Proxy.Pods;
using SshGateway.Proxy.Ssh.Keys;
using SshGateway.Proxy.Ssh.Transport;
using SshGateway.Proxy.Table;
using SshGateway.Shared.Hosting;
using SshGateway.Shared.Ssh;

namespace SshGateway.Proxy.Hosting;

/// <summary>Composes the process: feed → table, SSH listener → connections, and the probes' listener.</summary>
internal static class ProxyHost
{
    public static WebApplication Build(string[] arguments)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.UseGatewaySources(arguments);
        builder.Logging.UseGatewayConsole();
        AddServices(builder.Services);
        ListenOptions? probes = null;
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // The options have been validated: it parses.
            _ = ListenAddress.TryParse(kestrel.ApplicationServices.GetRequiredService<ProxyOptions>().HttpListen, out IPEndPoint? address);
            kestrel.Listen(address!, listener =>
            {
                listener.Protocols = HttpProtocols.Http1;
                probes = listener;
            });
        });
        WebApplication app = builder.Build();
        FeedClient feed = app.Services.GetRequiredService<FeedClient>();
        app.Run(context => Probes.HandleAsync(context, feed.HasSynced ? null : "no operator has sent its sessions yet"));
        app.Lifetime.ApplicationStarted.Register(() => LogStart(app, probes));
        return app;
    }

    private static void AddServices(IServiceCollection services)
    {
        services.AddOptions<ProxyOptions>()
            .BindConfiguration(ProxyOptions.Section, binder => binder.ErrorOnUnknownConfiguration = true)
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<ProxyOptions>, ProxyOptionsValidator>();
        services.AddSingleton(s => s.GetRequiredService<IOptions<ProxyOptions>>().Value);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<SessionTable>();
        services.AddSingleton(s => FeedOptionsOf(s.GetRequiredService<ProxyOptions>()));
        services.AddSingleton<FeedClient>();
        services.AddHostedService(s => s.GetRequiredService<FeedClient>());

        services.AddSingleton(s => new HostKeySet([.. s.GetRequiredService<ProxyOptions>().HostKeys.Select(OpenSshKeyFile.Load)]));
        services.AddSingleton(s => new UserCertificateAuthority(
            OpenSshKeyFile.Load(s.GetRequiredService<ProxyOptions>().UserCaKey), s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s => RekeyLimitsOf(s.GetRequiredService<ProxyOptions>()));
        services.AddSingleton(s => ClientOffer.From(s.GetRequiredService<ProxyOptions>(), s.GetRequiredService<HostKeySet>()));
        services.AddSingleton<PodLoginLimits>();
        services.AddSingleton(s => new HandshakeSlots(s.GetRequiredService<PodLoginLimits>().HandshakesPerPod));
        services.AddSingleton<PodHostKeys>();
        services.AddSingleton<PodLogin>();
        services.AddSingleton<ConnectionServices>();
        services.AddHostedService<SshListener>();
    }

    private static FeedOptions FeedOptionsOf(ProxyOptions options) => new() { Operators = [.. options.Operators], ProxyId = options.Id };

    private static RekeyLimits RekeyLimitsOf(ProxyOptions options) => new(options.RekeyBytes == 0 ? null : options.RekeyBytes);

    private static void LogStart(WebApplication app, ListenOptions? probes)
    {
        HostingLog.ProbesListening(app.Logger, probes?.IPEndPoint);
        foreach (SshPublicKey key in app.Services.GetRequiredService<HostKeySet>().PublicKeys)
        {
            HostingLog.HostKey(app.Logger, key.Type, key.Fingerprint);
        }
        SshPublicKey ca = app.Services.GetRequiredService<UserCertificateAuthority>().PublicKey;
        HostingLog.UserCa(app.Logger, ca.Type, ca.Fingerprint);
    }
}
