using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using SshGateway.Operator.Configuration;
using SshGateway.Operator.Feed;
using SshGateway.Operator.Manifests;
using SshGateway.Operator.Model;
using SshGateway.Operator.Publishing;
using SshGateway.Operator.Routing;
using SshGateway.Operator.Table;
using SshGateway.Shared.Grpc;
using SshGateway.Shared.Hosting;
using SshGateway.Shared.Protos;

namespace SshGateway.Operator.Hosting;

/// <summary>Composes the process: source → routing function → table → feed, and two listeners.</summary>
internal static class OperatorHost
{
    public static WebApplication Build(string[] arguments)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.UseGatewaySources(arguments);
        builder.Logging.ClearProviders().AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        });
        AddServices(builder.Services);
        var listeners = new OperatorListeners();
        builder.Services.AddSingleton(listeners);
        builder.WebHost.ConfigureKestrel(listeners.Configure);
        return Connect(builder.Build());
    }

    private static void AddServices(IServiceCollection services)
    {
        services.AddOptions<OperatorOptions>()
            .BindConfiguration(OperatorOptions.Section, binder => binder.ErrorOnUnknownConfiguration = true)
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<OperatorOptions>, OperatorOptionsValidator>();
        services.AddSingleton(s => s.GetRequiredService<IOptions<OperatorOptions>>().Value);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(s => RoutingOptionsOf(s.GetRequiredService<OperatorOptions>()));
        services.AddSingleton<IClusterSource>(s => new DirectorySource(
            s.GetRequiredService<OperatorOptions>().Directory, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<DirectorySource>>()));
        services.AddSingleton<EndpointTable>();
        services.AddSingleton<FeedService>();
        services.AddSingleton<GrpcServer>();
        services.AddHostedService<TablePublisher>();
    }

    private static RoutingOptions RoutingOptionsOf(OperatorOptions options) => new(options.AllowLoopbackPods, options.AllowUnlabelledPods);

    // The two listeners speak one protocol each, so the protocol says which of them a request came to.
    private static WebApplication Connect(WebApplication app)
    {
        EndpointTable table = app.Services.GetRequiredService<EndpointTable>();
        GrpcServer grpc = app.Services.GetRequiredService<GrpcServer>();
        grpc.AddDuplex(EndpointFeedMethods.Watch, app.Services.GetRequiredService<FeedService>().WatchAsync);
        grpc.AddHealth(EndpointFeedMethods.Watch.Service, () => table.IsFilled);
        app.Lifetime.ApplicationStarted.Register(() => LogStart(app));
        app.Run(context => HttpProtocol.IsHttp2(context.Request.Protocol) ? grpc.HandleAsync(context) : Probes.HandleAsync(context, table));
        return app;
    }

    private static void LogStart(WebApplication app)
    {
        OperatorListeners listeners = app.Services.GetRequiredService<OperatorListeners>();
        HostingLog.FeedListening(app.Logger, listeners.Feed);
        HostingLog.ProbesListening(app.Logger, listeners.Probes);
        RoutingOptions routing = app.Services.GetRequiredService<RoutingOptions>();
        if (routing.AllowLoopbackPods)
        {
            HostingLog.LoopbackPodsAllowed(app.Logger);
        }
        if (routing.AllowUnlabelledPods)
        {
            HostingLog.UnlabelledPodsAllowed(app.Logger);
        }
    }
}
