using System.Net;
using SshGateway.Feed.Client;
using SshGateway.Hosting;
using SshGateway.Hosting.Keys;
using SshGateway.Hosting.Listening;
using SshGateway.Hosting.Logging;
using SshGateway.Hosting.Metrics;
using SshGateway.Hosting.Networks;
using SshGateway.Proxy.Accounting;
using SshGateway.Proxy.Authentication;
using SshGateway.Proxy.Configuration;
using SshGateway.Proxy.Feed;
using SshGateway.Proxy.Limits;
using SshGateway.Proxy.Listening;
using SshGateway.Proxy.Networks;
using SshGateway.Proxy.Passthrough;
using SshGateway.Proxy.Pods;
using SshGateway.Proxy.Recording;
using SshGateway.Proxy.Sessions;
using SshGateway.Proxy.SshConnections;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Sockets.Epoll;
using SshGateway.Ssh.Transport;

namespace SshGateway.Proxy.Hosting;

/// <summary>Composes the process: feed → table, SSH listener → connections, and the probes' listener.</summary>
internal static class ProxyHost
{
    public static WebApplication Build(string[] arguments)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.UseGatewaySources(ProxyOptions.Section, arguments);
        ProxyOptions options = ProxyOptionsReader.Read(builder.Configuration);
        ListenAddress.Probe("Proxy:Listen", options.Listen);
        ListenAddress.Probe("Proxy:HttpListen", options.HttpListen);
        builder.Logging.UseGatewayConsole(builder.Configuration);
        builder.Services.AddSingleton<IReloadable>(new LogLevelReload(builder.Configuration));
        AddServices(builder.Services, options);
        builder.AddGatewayMetrics(options.OtlpEndpoint, "sshgateway-proxy", options.Id, options.OtlpTraces);
        Func<IPEndPoint?> probes = builder.ListenForProbes(options.HttpListen);
        WebApplication app = builder.Build();
        app.UseMetricsEndpoint();
        FeedClient feed = app.Services.GetRequiredService<FeedClient>();
        SshListener listener = app.Services.GetRequiredService<SshListener>();
        _ = app.Services.GetRequiredService<EventLoopMetrics>();
        OperatorClock clock = app.Services.GetRequiredService<OperatorClock>();
        app.Run(context => Probes.HandleAsync(context, listener.NotReady ?? feed.NotReady, clock.Problem));
        app.Lifetime.ApplicationStarted.Register(() => LogStart(app, options, probes()));
        return app;
    }

    /// <summary>Adds everything that the proxy is made of.</summary>
    public static void AddServices(IServiceCollection services, ProxyOptions options)
    {
        services.AddSingleton(TimeProvider.System);
        AddSessions(services);
        AddFeed(services, options);
        AddLimits(services, options);
        AddPods(services, options);
        AddAccounting(services, options);
        AddRecording(services, options);
        AddConnections(services, options);
        AddListener(services, options);
        // The host's own patience, 30 s, is for what is left when the connections have ended.
        services.Configure<HostOptions>(host => host.ShutdownTimeout = options.DrainDelay + options.DrainTimeout + TimeSpan.FromSeconds(30));
    }

    private static void AddSessions(IServiceCollection services)
    {
        services.AddSingleton<SessionTable>();
        services.AddSingleton<OpenSessions>();
        services.AddSingleton<RefusedLogins>();
        services.AddSingleton<WaitingLogins>();
        services.AddHostedService<OpenSessionReview>();
    }

    private static void AddFeed(IServiceCollection services, ProxyOptions options)
    {
        services.AddSingleton(ProxyFeed.Program);
        services.AddSingleton(new FeedOptions
        {
            Program = ProxyFeed.Program,
            Operators = [.. options.Operators],
            Id = options.Id,
            AuthoritiesFile = options.OperatorInsecure ? null : options.OperatorCA,
            TokenFile = options.OperatorInsecure ? null : options.OperatorToken,
        });
        services.AddSingleton(provider => new OperatorClock(
            ProxyFeed.Program, provider.GetRequiredService<TimeProvider>(), FindLogger(provider, ProxyFeed.ClockLog)));
        services.AddSingleton<IFeedTable, SessionFeedTable>();
        services.AddSingleton<FeedMetrics>();
        services.AddSingleton(provider => new FeedClient(
            provider.GetRequiredService<FeedOptions>(), provider.GetRequiredService<IFeedTable>(), provider.GetRequiredService<FeedMetrics>(),
            provider.GetRequiredService<OperatorClock>(), provider.GetRequiredService<TimeProvider>(), FindLogger(provider, ProxyFeed.ClientLog)));
        services.AddHostedService(provider => provider.GetRequiredService<FeedClient>());
        services.AddHostedService<ReportClient>();
    }

    private static void AddLimits(IServiceCollection services, ProxyOptions options)
    {
        services.AddSingleton(new SourceNetworks(options.SourcePrefixIPv4, options.SourcePrefixIPv6));
        services.AddSingleton(provider => new SourcePenalties(
            options.Penalties, new NetworkSet(options.PenaltyExempt.Concat(options.ProxyProtocolFrom)), provider.GetRequiredService<SourceNetworks>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new ClientLimits(
            ProcessLimits.MaxConnections(options), options.MaxUnauthenticated, options.MaxUnauthenticatedPerSource, provider.GetRequiredService<SourceNetworks>(),
            provider.GetRequiredService<SourcePenalties>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(new PassthroughLimits(options.PassthroughPerSource, options.PassthroughPerPod));
    }

    private static void AddPods(IServiceCollection services, ProxyOptions options)
    {
        bool isCa = options.UserCaKey.Length > 0;
        services.AddKeyFiles<IPodCredentials>(
            isCa ? "Proxy:UserCaKey" : "Proxy:GatewayKey", [isCa ? options.UserCaKey : options.GatewayKey], keys => isCa ? new UserCertificateAuthority(keys[0], TimeProvider.System) : new GatewayKey(keys[0]));
        services.AddSingleton(new RekeyLimits(options.RekeyBytes == 0 ? null : options.RekeyBytes));
        services.AddSingleton(new PodLoginLimits
        {
            WaitForPod = options.WaitForPod,
            LoginTimeout = options.PodLoginTimeout,
            PeerTimeout = options.PeerTimeout,
            HandshakesPerPod = options.HandshakesPerPod,
        });
        services.AddSingleton(provider => new HandshakeSlots(provider.GetRequiredService<PodLoginLimits>().HandshakesPerPod));
        if (options.ExecRelays.Count > 0)
        {
            services.AddPublicKeyFiles("Proxy:ExecRelayHostKeys", [options.ExecRelayHostKeys], static keys => new ExecRelayKeys(keys));
        }
        services.AddSingleton(provider => new ExecRelays(
            [.. options.ExecRelays], provider.GetService<Func<ExecRelayKeys>>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<ExecRelays>>()));
        services.AddSingleton<PodConnector>();
        services.AddSingleton<PodHostKeys>();
        services.AddSingleton<PodLogin>();
    }

    private static void AddAccounting(IServiceCollection services, ProxyOptions options)
    {
        services.AddSingleton<ConnectionMetrics>();
        services.AddSingleton(provider => new AuditLog(
            options.AuditLog, options.Id, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<AuditLog>>()));
        // Before the listener, as services stop in the reverse order: it gets the last ends too.
        services.AddHostedService(provider => provider.GetRequiredService<AuditLog>());
        services.AddSingleton<RepeatedRefusals>();
        services.AddHostedService(provider => provider.GetRequiredService<RepeatedRefusals>());
        services.AddSingleton<ConnectionReports>();
    }

    private static void AddRecording(IServiceCollection services, ProxyOptions options)
    {
        services.AddSingleton(new RecordingOptions
        {
            Directory = options.RecordingDirectory,
            ContinueOnFailure = options.RecordingFailure == ProxyOptionsReader.ContinueUnrecorded,
            RecordInput = options.RecordingInput,
            MaxFileSize = options.RecordingMaxFileSize,
            MinFreeSpace = options.RecordingMinFreeSpace,
            Timeout = options.RecordingTimeout,
        });
        services.AddSingleton<RecordingMetrics>();
        services.AddSingleton<RecordingWriter>();
        // Before the listener, as the audit log is.
        services.AddHostedService(provider => provider.GetRequiredService<RecordingWriter>());
        services.AddSingleton<Recorder>();
    }

    private static void AddConnections(IServiceCollection services, ProxyOptions options)
    {
        services.AddKeyFiles("Proxy:HostKeys", options.HostKeys, static keys => new HostKeySet(keys));
        services.AddSingleton(provider => new HostKeySource(
            [.. options.HostKeys], provider.GetRequiredService<KeyFiles<HostKeySet>>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<HostKeySource>>()));
        services.AddSingleton<IReloadable>(provider => provider.GetRequiredService<HostKeySource>());
        // In place of the keys alone.
        services.AddSingleton<Func<HostKeySet>>(provider =>
        {
            HostKeySource source = provider.GetRequiredService<HostKeySource>();
            return () => source.Current;
        });
        AddRevokedKeys(services, options);
        services.AddSingleton(ClientOffer.Create(options));
        services.AddSingleton(new SshConnectionTimeouts(options.KeyExchangeTimeout, options.AuthenticationTimeout));
        services.AddSingleton<ServerTransportFactory>();
        services.AddSingleton<SessionLogin>();
        services.AddSingleton<SshConnectionFactory>();
        services.AddSingleton<PipePool>();
        services.AddSingleton<PassthroughConnectionFactory>();
    }

    private static void AddRevokedKeys(IServiceCollection services, ProxyOptions options)
    {
        services.AddSingleton<RevokedKeys>();
        if (options.RevokedKeys.Length > 0)
        {
            services.AddSingleton(provider => new RevokedKeysFile(
                options.RevokedKeys, provider.GetRequiredService<RevokedKeys>(), provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<RevokedKeysFile>>()));
            services.AddSingleton<IReloadable>(provider => provider.GetRequiredService<RevokedKeysFile>());
            // Before the listener: the list is read before the first client comes.
            services.AddHostedService(provider => provider.GetRequiredService<RevokedKeysFile>());
        }
    }

    private static void AddListener(IServiceCollection services, ProxyOptions options)
    {
        services.AddSingleton(new NetworkSet(options.ProxyProtocolFrom));
        services.AddSingleton(new ListenerOptions(
            "proxy", "Proxy:Listen", options.Listen, new PeerTimeouts(options.PeerTimeout, options.UnreachableClientTimeout), options.DrainDelay, options.DrainTimeout));
        services.AddSingleton(_ => new EventLoops(TimeSpan.FromMicroseconds(options.BusyPoll), new TcpWindows(options.ClientWindow, options.PodWindow)));
        services.AddSingleton<EventLoopMetrics>();
        services.AddSingleton<RefusedClients>();
        services.AddSingleton<AcceptedConnectionFactory>();
        services.AddSingleton<SshListener>();
        services.AddHostedService(provider => provider.GetRequiredService<SshListener>());
    }

    private static ILogger FindLogger(IServiceProvider provider, string category) =>
        provider.GetRequiredService<ILoggerFactory>().CreateLogger(category);

    private static void LogStart(WebApplication app, ProxyOptions options, IPEndPoint? probes)
    {
        HostingLog.ProbesListening(app.Logger, probes);
        ProcessLimits.Report(options, app.Logger);
        if (options.OperatorInsecure)
        {
            HostingLog.OperatorInsecure(app.Logger);
        }
        foreach (SshPublicKey key in app.Services.GetRequiredService<Func<HostKeySet>>()().PublicKeys)
        {
            HostingLog.HostKey(app.Logger, key.Type, key.Fingerprint);
        }
        IPodCredentials credentials = app.Services.GetRequiredService<Func<IPodCredentials>>()();
        HostingLog.PodCredentials(app.Logger, credentials.Kind, credentials.PublicKey.Type, credentials.PublicKey.Fingerprint);
    }
}
