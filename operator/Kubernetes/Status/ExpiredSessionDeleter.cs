using System.Collections.Concurrent;
using k8s;
using k8s.Models;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Kubernetes.Leadership;
using SshGateway.Operator.Model;
using SshGateway.Operator.Publishing;
using SshGateway.Operator.Routing;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>
/// Deletes sessions whose spec.ttlAfterExpiry has passed since spec.expiresAt, only while this replica holds the lease.
/// It deletes the version that it has seen and no other: whoever extends a session in time keeps it.
/// </summary>
internal sealed class ExpiredSessionDeleter : IRouteObserver, IDisposable
{
    private readonly ApiClient _api;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LeaderQueue _queue;
    private readonly ConcurrentDictionary<ObjectKey, (ClaudeSession Session, DateTimeOffset Due)> _ending = [];

    public ExpiredSessionDeleter(ApiClient api, LeaseElection lease, TimeProvider time, ILogger<ExpiredSessionDeleter> logger) =>
        (_api, _time, _logger, _queue) = (api, time, logger, new LeaderQueue(lease, time, () => _ending.Keys));

    public void Observe(RouteChanges changes)
    {
        foreach ((ObjectKey key, SessionState? state) in changes.States)
        {
            if (state is { Session: { Metadata.DeletionTimestamp: null } session } && SessionRules.FindDeletionTime(session) is { } due)
            {
                _ending[key] = (session, due);
                Plan(key, due);
            }
            else
            {
                _ending.TryRemove(key, out _);
                _queue.Forget(key);
            }
        }
    }

    /// <summary>Runs until it is cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => _queue.RunAsync(
        DeleteAsync,
        (key, problem) => ExpiredSessionLog.Refused(_logger, key, problem),
        (key, problem) => ExpiredSessionLog.Failed(_logger, key, problem),
        cancellationToken);

    public void Dispose() => _queue.Dispose();

    private void Plan(ObjectKey key, DateTimeOffset due)
    {
        TimeSpan left = due - _time.GetUtcNow();
        _queue.AddAfter(key, left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    private async Task DeleteAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_ending.TryGetValue(key, out (ClaudeSession Session, DateTimeOffset Due) ending))
        {
            return;
        }
        if (ending.Due > _time.GetUtcNow())
        {
            // It was extended, or an earlier time was planned.
            Plan(key, ending.Due);
            return;
        }
        string[] group = ClaudeSession.ApiVersion.Split('/');
        await _api.CustomObjects.DeleteNamespacedCustomObjectAsync(
            group[0], group[1], key.Namespace, ApiResources.Sessions.Plural, key.Name,
            body: new V1DeleteOptions
            {
                // Pods that it owns follow it.
                PropagationPolicy = "Background",
                Preconditions = new V1Preconditions { ResourceVersion = ending.Session.Metadata?.ResourceVersion, Uid = ending.Session.Uid },
            },
            cancellationToken: cancellationToken);
        ExpiredSessionLog.Deleted(_logger, key, ending.Session.Spec!.ExpiresAt!.Value, ending.Session.Spec.TtlAfterExpiry!);
        // The watch says that it is gone.
        _ending.TryRemove(new KeyValuePair<ObjectKey, (ClaudeSession, DateTimeOffset)>(key, ending));
    }
}

internal static partial class ExpiredSessionLog
{
    [LoggerMessage(1, LogLevel.Information, "{Session}: deleted: it expired at {ExpiresAt:yyyy-MM-ddTHH:mm:ssZ} and its spec.ttlAfterExpiry is {TtlAfterExpiry}")]
    public static partial void Deleted(ILogger logger, ObjectKey session, DateTimeOffset expiresAt, string ttlAfterExpiry);

    [LoggerMessage(2, LogLevel.Debug, "{Session}: not deleted after its expiry: {Problem}")]
    public static partial void Refused(ILogger logger, ObjectKey session, string problem);

    [LoggerMessage(3, LogLevel.Warning, "{Session}: cannot delete the expired session: {Problem}. Retrying until it succeeds")]
    public static partial void Failed(ILogger logger, ObjectKey session, string problem);
}
