using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SshGateway.Hosting;
using SshGateway.Hosting.Logging;
using SshGateway.Hosting.Metrics;
using SshGateway.Kubernetes.ApiServer;
using SshGateway.Kubernetes.Kubeconfig;
using SshGateway.Operator.Configuration;
using SshGateway.Operator.Feed;
using SshGateway.Operator.Feed.Authentication;
using SshGateway.Operator.Feed.Certificates;
using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Kubernetes.FeedCertificates;
using SshGateway.Operator.Kubernetes.Keys;
using SshGateway.Operator.Kubernetes.Tokens;
using SshGateway.Operator.Kubernetes.Watching;
using SshGateway.Operator.Leader;
using SshGateway.Operator.Model;
using SshGateway.Operator.Publishing;
using SshGateway.Operator.Routing;
using SshGateway.Operator.StatusPage;
using SshGateway.Operator.Table;
using SshGateway.Operator.TarsApi;
using SshGateway.Operator.Usage;
using SshGateway.Operator.Yaml;

namespace SshGateway.Operator.Hosting;

/// <summary>Composes the process: source → routing function → table → feed, and its listeners.</summary>
internal static class OperatorHost
{
    public static WebApplication Build(string[] arguments)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.UseGatewaySources(OperatorOptions.Section, arguments);
        OperatorOptions options = OperatorOptionsReader.Read(builder.Configuration);
        ListenAddress.Probe("Operator:FeedListen", options.FeedListen);
        ListenAddress.Probe("Operator:HttpListen", options.HttpListen);
        if (options.InternalListen.Length > 0)
        {
            ListenAddress.Probe("Operator:InternalListen", options.InternalListen);
        }
        builder.Logging.UseGatewayConsole(builder.Configuration);
        builder.Services.AddSingleton<IReloadable>(new LogLevelReload(builder.Configuration));
        AddServices(builder.Services, options);
        builder.AddGatewayMetrics(options.OtlpEndpoint, "sshgateway-operator", Environment.MachineName);
        AddSource(builder.Services, options, builder.Configuration);
        var listeners = new OperatorListeners(options);
        builder.WebHost.ConfigureKestrel(listeners.Configure);
        WebApplication app = builder.Build();
        Connect(app);
        app.Lifetime.ApplicationStarted.Register(() => LogStart(app.Logger, listeners, options));
        return app;
    }

    private static void AddServices(IServiceCollection services, OperatorOptions options)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(options.CreateRoutingOptions());
        services.AddSingleton<EndpointTable>();
        services.AddSingleton<UsageTable>();
        services.AddSingleton<HostKeyTable>();
        services.AddSingleton<FeedMetrics>();
        services.AddSingleton<ReportMetrics>();
        services.AddSingleton<FeedService>();
        services.AddSingleton<FeedHealth>();
        services.AddFeedGrpc();
        AddFeedSecurity(services, options);
        services.AddHostedService<TablePublisher>();
        services.AddSingleton(s => new CallerAuthentication(
            s.GetService<ITokenReviewer>(), Users(options.InternalCallers), options.InternalApiServerTokens, s.GetRequiredService<ILogger<CallerAuthentication>>()));
        services.AddSingleton<SessionOwners>();
        services.AddSingleton<IRouteObserver>(s => s.GetRequiredService<SessionOwners>());
        services.AddSingleton<ConnectionClosing>();
        services.AddSingleton<TarsEndpoints>();
        if (options.StatusPage)
        {
            services.AddSingleton<SessionList>();
            services.AddSingleton<IRouteObserver>(s => s.GetRequiredService<SessionList>());
            services.AddSingleton(s => new LiveUpdates(
                s.GetRequiredService<SessionList>(), () => FindProblem(s), s.GetRequiredService<IHostApplicationLifetime>(), s.GetRequiredService<TimeProvider>()));
            services.AddSingleton<StatusPageEndpoints>();
        }
    }

    // The options have been checked: they parse.
    private static HashSet<string> Users(IEnumerable<string> callers) =>
        [.. callers.Select(caller => ServiceAccountName.TryParse(caller, out string? user) ? user : caller)];

    private static void AddFeedSecurity(IServiceCollection services, OperatorOptions options)
    {
        if (options.FeedInsecure)
        {
            services.AddSingleton<IProxyAuthenticator, NoAuthentication>();
            return;
        }
        if (options.HasFeedCertificateFiles)
        {
            services.AddSingleton<IFeedCertificateSource>(s => new CertificateFiles(options.FeedCertificate, options.FeedCertificateKey, s.GetRequiredService<TimeProvider>()));
        }
        else
        {
            services.AddSingleton<FeedSecret>();
            services.AddSingleton<IFeedCertificateSource>(s => s.GetRequiredService<FeedSecret>());
        }
        services.AddSingleton<FeedCertificate>();
        services.AddSingleton<IReloadable>(s => s.GetRequiredService<FeedCertificate>());
        if (options.FeedJwks.Length > 0)
        {
            services.AddSingleton<IIssuerKeysSource>(new JwksFile(options.FeedJwks, options.FeedIssuer));
        }
        services.AddSingleton<IssuerKeysCache>();
        services.AddSingleton<IReloadable>(s => s.GetRequiredService<IssuerKeysCache>());
        services.AddSingleton<IProxyAuthenticator>(s => new TokenAuthenticator(
            s.GetRequiredService<IssuerKeysCache>(), options.FeedJwks.Length == 0 ? s.GetService<ITokenReviewer>() : null,
            options.FeedClients is { Count: > 0 } clients ? [.. clients] : [OperatorOptions.DefaultFeedClient],
            s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<TokenAuthenticator>>()));
    }

    private static void AddSource(IServiceCollection services, OperatorOptions options, IConfiguration configuration)
    {
        if (options.Source == OperatorOptions.DirectorySource)
        {
            services.AddSingleton<IClusterSource>(s => new DirectorySource(
                options.Directory, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<DirectorySource>>()));
            return;
        }
        // Read before anything starts, so that what is wrong with it stops the process with a sentence.
        ApiServerAccess access = AccessReader.Read(options.Kubeconfig, "Operator:Kubeconfig", configuration, TimeProvider.System);
        // A connection for the watches, and one for everything else: an HTTP/2 connection has 100 streams.
        services.AddSingleton<IClusterSource>(s => new KubernetesSource(
            access, new SourceSettings([.. options.Namespaces], options.AuthorizedKeysSecrets), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<KubernetesSource>>()));
        services.AddSingleton(s => new ApiClient(ApiConnection.Open(access), s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ITokenReviewer, TokenReviewer>();
        services.TryAddSingleton<IIssuerKeysSource, ClusterIssuerKeys>();
        string leaseNamespace = options.LeaseNamespace.Length > 0 ? options.LeaseNamespace
            : InClusterAccess.ReadNamespace(InClusterAccess.DefaultDirectory) ?? ObjectMeta.DefaultNamespace;
        var keys = new KeyNames(leaseNamespace, options.HostKeysSecret, options.UserCaSecret, options.UserCaConfigMap)
        {
            ExecHostKeysSecret = options.ExecHostKeysSecret,
            ExecHostKeysConfigMap = options.ExecHostKeysConfigMap,
        };
        IReadOnlyList<string> feedNames = options.FeedNames is { Count: > 0 } names ? [.. names] : [$"ssh-gateway-operator.{leaseNamespace}.svc"];
        var feedCa = new FeedCaSettings(
            leaseNamespace, options.FeedCaSecret, options.FeedCaConfigMap, feedNames, options.FeedCertificateLifetime, options.FeedCaLifetime, options.FeedCaOverlap);
        bool hasFeedSecret = services.Any(s => s.ServiceType == typeof(FeedSecret));
        services.AddLeader(leaseNamespace, keys, hasFeedSecret ? feedCa : null);
    }

    // The protocol says which listener a request came to: HTTP/2 the feed's, HTTP/1.1 with TLS the one for TARS,
    // HTTP/1.1 without TLS the probes'.
    private static void Connect(WebApplication app)
    {
        // Before what it counts: counters begin with 0 when they are made.
        app.Services.GetRequiredService<MetricsText>();
        // The library makes the feed's service at the first call. The figures are there from the start.
        app.Services.GetRequiredService<FeedService>();
        app.Services.GetRequiredService<ReportMetrics>();
        TarsEndpoints endpoints = app.Services.GetRequiredService<TarsEndpoints>();
        StatusPageEndpoints? page = app.Services.GetService<StatusPageEndpoints>();
        app.Use((context, next) => HttpProtocol.IsHttp2(context.Request.Protocol) || context.Features.Get<ITlsHandshakeFeature>() is null ? next(context)
            : IsForPage(context) ? endpoints.AdmitAsync(context, page!.HandleAsync)
            : endpoints.HandleAsync(context));
        app.UseMetricsEndpoint();
        app.Use((context, next) => HttpProtocol.IsHttp2(context.Request.Protocol) ? next(context)
            : IsForPage(context) ? page!.HandleLocalAsync(context)
            : Probes.HandleAsync(context, FindProblem(app.Services)));
        app.MapGrpcService<FeedService>();
        app.MapGrpcService<FeedHealth>();

        bool IsForPage(HttpContext context) => page is not null && StatusPageEndpoints.IsAt(context.Request.Path);
    }

    // Why the operator is not ready; null when it is.
    private static string? FindProblem(IServiceProvider services) =>
        services.GetRequiredService<IClusterSource>().Problem is { } outOfDate ? outOfDate
        : !services.GetRequiredService<EndpointTable>().IsFilled ? "the sessions and pods have not all been read yet"
        : services.GetService<FeedCertificate>()?.Missing is { } problem ? $"the feed has no certificate: {problem}"
        : null;

    private static void LogStart(ILogger logger, OperatorListeners listeners, OperatorOptions options)
    {
        ThreadLimits.Report(logger);
        HostingLog.FeedListening(logger, listeners.Feed);
        HostingLog.ProbesListening(logger, listeners.Probes);
        if (listeners.Internal is { } address)
        {
            HostingLog.InternalListening(logger, address);
        }
        (bool IsOn, Action<ILogger> Log)[] risks =
        [
            (options.InternalApiServerTokens, HostingLog.ApiServerTokensAccepted),
            (options.FeedInsecure, HostingLog.FeedInsecure),
            (options.AllowLoopbackPods, HostingLog.LoopbackPodsAllowed),
            (options.AllowUnlabelledPods, HostingLog.UnlabelledPodsAllowed),
            (options.AllNamespaces, HostingLog.AllNamespacesWatched),
        ];
        foreach ((_, Action<ILogger> log) in risks.Where(risk => risk.IsOn))
        {
            log(logger);
        }
    }
}
