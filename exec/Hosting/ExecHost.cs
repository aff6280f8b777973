using System.Net;
using SshGateway.Exec.ApiServer;
using SshGateway.Exec.Channels;
using SshGateway.Exec.Configuration;
using SshGateway.Exec.Connections;
using SshGateway.Exec.Feed;
using SshGateway.Exec.Requests;
using SshGateway.Exec.Sessions;
using SshGateway.Feed.Client;
using SshGateway.Hosting;
using SshGateway.Hosting.Keys;
using SshGateway.Hosting.Listening;
using SshGateway.Hosting.Logging;
using SshGateway.Hosting.Metrics;
using SshGateway.Kubernetes.ApiServer;
using SshGateway.Kubernetes.Kubeconfig;
using SshGateway.Ssh.Ciphers;
using SshGateway.Ssh.KeyExchange;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Sockets.Epoll;
using SshGateway.Ssh.Transport;

namespace SshGateway.Exec.Hosting;

/// <summary>Composes the process: feed → table, SSH listener → connections, and the probes' listener.</summary>
internal static class ExecHost
{
    // As Proxy:PeerTimeout. Nobody types anything in a proxy's login.
    private static readonly PeerTimeouts ProxyTimeouts = new(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(10));
    private static readonly TimeSpan LoginTimeout = TimeSpan.FromSeconds(30);

    // Proxies are near, and one of them has many connections: as Proxy:PodWindow and Proxy:BusyPoll.
    private static readonly TcpWindows Windows = new(256 * 1024, 0);
    private static readonly TimeSpan BusyPoll = TimeSpan.FromMicroseconds(100);

    public static WebApplication Build(string[] arguments)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.UseGatewaySources(ExecOptions.Section, arguments);
        ExecOptions options = ExecOptionsReader.Read(builder.Configuration);
        ListenAddress.Probe("Exec:Listen", options.Listen);
        ListenAddress.Probe("Exec:HttpListen", options.HttpListen);
        builder.Logging.UseGatewayConsole(builder.Configuration);
        builder.Services.AddSingleton<IReloadable>(new LogLevelReload(builder.Configuration));
        AddServices(builder.Services, options, builder.Configuration);
        builder.AddGatewayMetrics(options.OtlpEndpoint, "sshgateway-exec", options.Id);
        Func<IPEndPoint?> probes = builder.ListenForProbes(options.HttpListen);
        WebApplication app = builder.Build();
        app.UseMetricsEndpoint();
        FeedClient feed = app.Services.GetRequiredService<FeedClient>();
        RelayListener listener = app.Services.GetRequiredService<RelayListener>();
        OperatorClock clock = app.Services.GetRequiredService<OperatorClock>();
        app.Run(context => Probes.HandleAsync(context, listener.NotReady ?? feed.NotReady, clock.Problem));
        app.Lifetime.ApplicationStarted.Register(() => LogStart(app, options, probes()));
        return app;
    }

    /// <summary>Adds everything that the relay is made of.</summary>
    /// <param name="environment">Says where the API server is, if the options do not.</param>
    /// <exception cref="ConfigurationException">Nothing says where the API server is, or it cannot be used.</exception>
    public static void AddServices(IServiceCollection services, ExecOptions options, IConfiguration environment)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<ExecSessionTable>();
        AddFeed(services, options);
        // Read before anything starts, so that what is wrong with it stops the process with a sentence.
        services.AddSingleton(AccessReader.Read(options.Kubeconfig, "Exec:Kubeconfig", environment, TimeProvider.System));
        services.AddSingleton<PodClient>();
        AddRequests(services, options);
        AddKeys(services, options);
        AddConnections(services, options);
        // The host's own patience, 30 s, is for what is left when the connections have ended.
        services.Configure<HostOptions>(host => host.ShutdownTimeout = options.DrainDelay + options.DrainTimeout + TimeSpan.FromSeconds(30));
    }

    private static void AddFeed(IServiceCollection services, ExecOptions options)
    {
        services.AddSingleton(RelayFeed.Program);
        services.AddSingleton(new FeedOptions
        {
            Program = RelayFeed.Program,
            Operators = [.. options.Operators],
            Id = options.Id,
            AuthoritiesFile = options.OperatorInsecure ? null : options.OperatorCA,
            TokenFile = options.OperatorInsecure ? null : options.OperatorToken,
        });
        services.AddSingleton(provider => new OperatorClock(RelayFeed.Program, provider.GetRequiredService<TimeProvider>(), FindFeedLogger(provider)));
        services.AddSingleton<IFeedTable, ExecFeedTable>();
        services.AddSingleton<FeedMetrics>();
        services.AddSingleton(provider => new FeedClient(
            provider.GetRequiredService<FeedOptions>(), provider.GetRequiredService<IFeedTable>(), provider.GetRequiredService<FeedMetrics>(),
            provider.GetRequiredService<OperatorClock>(), provider.GetRequiredService<TimeProvider>(), FindFeedLogger(provider)));
        services.AddHostedService(provider => provider.GetRequiredService<FeedClient>());
    }

    private static void AddRequests(IServiceCollection services, ExecOptions options)
    {
        services.AddSingleton<RequestMetrics>();
        services.AddSingleton(provider => new ProcessRunner(
            provider.GetRequiredService<PodClient>(), provider.GetRequiredService<RequestMetrics>(), options.LogCommands, provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ProcessRunner>>()));
        services.AddSingleton<ChannelTargets>();
    }

    private static void AddKeys(IServiceCollection services, ExecOptions options)
    {
        services.AddKeyFiles("Exec:HostKeys", options.HostKeys, static keys => new HostKeySet(keys));
        services.AddPublicKeyFiles("Exec:UserCa", [options.UserCa], static keys => keys);
    }

    private static void AddConnections(IServiceCollection services, ExecOptions options)
    {
        services.AddSingleton(new KexOffer(KeyExchangeAlgorithm.All, [], CipherAlgorithm.All, MacAlgorithm.All));
        services.AddSingleton(new RekeyLimits(null));
        services.AddSingleton(new ConnectionLimits(LoginTimeout, ProcessLimits.MaxConnections(options), new ChannelLimits(options.MaxChannels)));
        services.AddSingleton<ConnectionMetrics>();
        services.AddSingleton<ExecConnections>();
        services.AddSingleton(new ListenerOptions("relay", "Exec:Listen", options.Listen, ProxyTimeouts, options.DrainDelay, options.DrainTimeout));
        services.AddSingleton(_ => new EventLoops(BusyPoll, Windows));
        services.AddSingleton<RelayListener>();
        services.AddHostedService(provider => provider.GetRequiredService<RelayListener>());
    }

    private static ILogger FindFeedLogger(IServiceProvider provider) => provider.GetRequiredService<ILoggerFactory>().CreateLogger(RelayFeed.Log);

    private static void LogStart(WebApplication app, ExecOptions options, IPEndPoint? probes)
    {
        HostingLog.ProbesListening(app.Logger, probes);
        ProcessLimits.Report(options, app.Logger);
        if (options.OperatorInsecure)
        {
            HostingLog.OperatorInsecure(app.Logger);
        }
        if (options.LogCommands)
        {
            HostingLog.LogsCommands(app.Logger);
        }
        ApiServerAccess access = app.Services.GetRequiredService<ApiServerAccess>();
        HostingLog.ApiServer(app.Logger, access.Server.ToString(), access.Origin);
        foreach (SshPublicKey key in app.Services.GetRequiredService<Func<HostKeySet>>()().PublicKeys)
        {
            HostingLog.HostKey(app.Logger, key.Type, key.Fingerprint);
        }
        foreach (SshPublicKey key in app.Services.GetRequiredService<Func<IReadOnlyList<SshPublicKey>>>()())
        {
            HostingLog.UserCa(app.Logger, key.Type, key.Fingerprint);
        }
    }
}
