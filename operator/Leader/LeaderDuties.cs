using SshGateway.Operator.Kubernetes.FeedCertificates;
using SshGateway.Operator.Kubernetes.Keys;
using SshGateway.Operator.Kubernetes.Leadership;
using SshGateway.Operator.Kubernetes.Status;

namespace SshGateway.Operator.Leader;

/// <summary>
/// Runs the election and the leader's duties. Each duty runs in every replica, and writes only while this one leads.
/// </summary>
/// <param name="lease">The election.</param>
/// <param name="status">Writes the sessions' status.</param>
/// <param name="events">Writes their events.</param>
/// <param name="keys">Makes the gateway's keys that are missing.</param>
/// <param name="feedCa">Makes and renews the feed's CA; null: the feed's certificate is from elsewhere.</param>
internal sealed class LeaderDuties(
    LeaseElection lease, StatusWriter status, EventWriter events, KeyMaker keys, FeedCaKeeper? feedCa = null) : BackgroundService
{
    public bool IsLeader => lease.IsHeld;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken) =>
        await Task.WhenAll(
            lease.RunAsync(stoppingToken), status.RunAsync(stoppingToken), events.RunAsync(stoppingToken),
            keys.RunAsync(stoppingToken), feedCa?.RunAsync(stoppingToken) ?? Task.CompletedTask);
}
