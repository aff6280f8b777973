using System.Diagnostics.Metrics;
using SshGateway.Hosting;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Kubernetes.FeedCertificates;
using SshGateway.Operator.Kubernetes.Keys;
using SshGateway.Operator.Kubernetes.Leadership;
using SshGateway.Operator.Kubernetes.Status;
using SshGateway.Operator.Publishing;

namespace SshGateway.Operator.Leader;

/// <summary>Runs the election and, in every replica, the leader's duties, which write only while it leads.</summary>
/// <param name="keys">Makes the gateway's keys that are missing.</param>
/// <param name="logger">Told which duty has failed.</param>
/// <param name="feedCa">Makes and renews the feed's CA; null: the feed's certificate is from elsewhere.</param>
internal sealed class LeaderDuties(
    LeaseElection lease, StatusWriter status, EventWriter events, OwnerLabeller labels, ExpiredSessionDeleter expired, KeyMaker keys, TimeProvider time,
    ILogger<LeaderDuties> logger, FeedCaKeeper? feedCa = null)
    : BackgroundService
{
    private readonly Meter _meter = new("SshGateway.Operator.Leader");

    public bool IsLeader => lease.IsHeld;

    public override void Dispose()
    {
        base.Dispose();
        _meter.Dispose();
    }

    // Each by itself: one that failed would not be noticed before all have ended.
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _meter.CreateObservableGauge("sshgateway.operator.leader", () => IsLeader ? 1 : 0, description: "Whether this operator is the leader");
        return Task.WhenAll(
            Keep(nameof(LeaseElection), lease.RunAsync), Keep(nameof(StatusWriter), status.RunAsync), Keep(nameof(EventWriter), events.RunAsync),
            Keep(nameof(OwnerLabeller), labels.RunAsync), Keep(nameof(ExpiredSessionDeleter), expired.RunAsync), Keep(nameof(KeyMaker), keys.RunAsync),
            feedCa is null ? Task.CompletedTask : Keep(nameof(FeedCaKeeper), feedCa.RunAsync));

        Task Keep(string name, Func<CancellationToken, Task> run) => Supervision.RunAsync(name, run, time, logger, stoppingToken);
    }
}

/// <summary>Composes the election and the leader's duties.</summary>
internal static class LeaderServices
{
    /// <param name="services">Gets them; has the <see cref="ApiClient"/> and the tables.</param>
    /// <param name="keys">Where the gateway's keys are.</param>
    /// <param name="feedCa">Where the feed's CA is; null: the feed's certificate is from elsewhere.</param>
    public static void AddLeader(
        this IServiceCollection services, string leaseNamespace, KeyNames keys, FeedCaSettings? feedCa)
    {
        services.AddSingleton(new LeaseSettings(leaseNamespace, $"{Environment.MachineName}_{Guid.NewGuid():N}"));
        services.AddSingleton(keys);
        services.AddSingleton<LeaseElection>();
        services.AddSingleton<EventWriter>();
        services.AddSingleton<StatusWriter>();
        services.AddSingleton<IRouteObserver>(s => s.GetRequiredService<StatusWriter>());
        services.AddSingleton<OwnerLabeller>();
        services.AddSingleton<IRouteObserver>(s => s.GetRequiredService<OwnerLabeller>());
        services.AddSingleton<ExpiredSessionDeleter>();
        services.AddSingleton<IRouteObserver>(s => s.GetRequiredService<ExpiredSessionDeleter>());
        services.AddSingleton<RefusedLoginEvents>();
        services.AddSingleton<KeyMaker>();
        if (feedCa is not null)
        {
            services.AddSingleton(s => new FeedCaKeeper(
                s.GetRequiredService<ApiClient>(), () => s.GetRequiredService<LeaseElection>().IsHeld, feedCa,
                s.GetRequiredService<FeedSecret>(), s.GetRequiredService<TimeProvider>(),
                s.GetRequiredService<ILogger<FeedCaKeeper>>()));
        }
        services.AddSingleton(s =>
        {
            // It acts on what proxies report, and nobody asks for it.
            s.GetRequiredService<RefusedLoginEvents>();
            return ActivatorUtilities.CreateInstance<LeaderDuties>(s);
        });
        services.AddHostedService(s => s.GetRequiredService<LeaderDuties>());
    }
}
