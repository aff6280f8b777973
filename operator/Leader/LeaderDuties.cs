using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Kubernetes.Credentials;
using SshGateway.Operator.Kubernetes.FeedCertificates;
using SshGateway.Operator.Kubernetes.Keys;
using SshGateway.Operator.Kubernetes.Leadership;
using SshGateway.Operator.Kubernetes.Status;
using SshGateway.Operator.Publishing;
using SshGateway.Operator.Routing;
using SshGateway.Operator.Usage;

namespace SshGateway.Operator.Leader;

/// <summary>Takes part in the election and, while it is the leader, makes the keys that are missing and writes the sessions' status.</summary>
internal sealed class LeaderDuties : BackgroundService, IRouteObserver
{
    private readonly ApiClient _api;
    private readonly LeaseElection _lease;
    private readonly StatusWriter _writer;
    private readonly EventWriter _events;
    private readonly KeyMaker _keys;
    private readonly FeedCaKeeper? _feedCa;

    /// <param name="access">The API server.</param>
    /// <param name="leaseNamespace">Where the lease is.</param>
    /// <param name="keys">Where the gateway's keys are.</param>
    /// <param name="feedCa">Where the feed's CA is, and who gets its certificate; null: the feed's certificate is from elsewhere.</param>
    /// <param name="usage">How sessions are used.</param>
    /// <param name="hostKeys">What is known of pods' host keys.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public LeaderDuties(
        ApiServerAccess access, string leaseNamespace, KeyNames keys, (FeedCaSettings Settings, FeedSecret Shown)? feedCa, UsageTable usage, HostKeyTable hostKeys,
        TimeProvider time, ILogger<LeaderDuties> logger)
    {
        _api = new ApiClient(ApiConnection.Open(access), time);
        string identity = $"{Environment.MachineName}_{Guid.NewGuid():N}";
        _lease = new LeaseElection(_api, leaseNamespace, identity, time, Random.Shared, logger);
        _events = new EventWriter(_api, identity, time, logger);
        _writer = new StatusWriter(_api, _lease, _events, usage, hostKeys, time, Random.Shared, logger);
        _keys = new KeyMaker(_api, _lease, keys, time, logger);
        _feedCa = feedCa is var (settings, shown) ? new FeedCaKeeper(_api, () => _lease.IsHeld, settings, shown, time, logger) : null;
    }

    public bool IsLeader => _lease.IsHeld;

    public void Observe(RouteChanges changes) => _writer.Observe(changes);

    public override void Dispose()
    {
        _writer.Dispose();
        _api.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken) =>
        await Task.WhenAll(
            _lease.RunAsync(stoppingToken), _writer.RunAsync(stoppingToken), _events.RunAsync(stoppingToken), _keys.RunAsync(stoppingToken),
            _feedCa?.RunAsync(stoppingToken) ?? Task.CompletedTask);
}
