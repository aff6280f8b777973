using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Kubernetes.Leadership;
using SshGateway.Operator.Model;
using SshGateway.Operator.Publishing;
using SshGateway.Operator.Routing;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>
/// Labels sessions with their owner, only while this replica holds the lease and only where the label differs. One
/// write at a time: nobody waits for it, and a cluster that is upgraded may have thousands of sessions without it.
/// </summary>
internal sealed class OwnerLabeller : IRouteObserver, IDisposable
{
    // A new session's status is written first: each write makes the other's version an old one.
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(2);

    private readonly ApiClient _api;
    private readonly ILogger _logger;
    private readonly LeaderQueue _queue;
    private readonly ConcurrentDictionary<ObjectKey, ClaudeSession> _unlabelled = [];

    public OwnerLabeller(ApiClient api, LeaseElection lease, TimeProvider time, ILogger<OwnerLabeller> logger) =>
        (_api, _logger, _queue) = (api, logger, new LeaderQueue(lease, time, () => _unlabelled.Keys));

    public void Observe(RouteChanges changes)
    {
        foreach ((ObjectKey key, SessionState? state) in changes.States)
        {
            if (state is { Session: { Metadata.DeletionTimestamp: null, Spec.Owner.User: { Length: > 0 } user } session }
                && session.Label(OwnerLabel.Name) != OwnerLabel.FindValue(user))
            {
                _unlabelled[key] = session;
                _queue.AddAfter(key, Delay);
            }
            else
            {
                _unlabelled.TryRemove(key, out _);
                _queue.Forget(key);
            }
        }
    }

    /// <summary>Runs until it is cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => _queue.RunAsync(
        LabelAsync,
        (key, problem) => OwnerLabelLog.Refused(_logger, key, problem),
        (key, problem) => OwnerLabelLog.Failed(_logger, key, problem),
        cancellationToken);

    public void Dispose() => _queue.Dispose();

    private async Task LabelAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_unlabelled.TryGetValue(key, out ClaudeSession? session))
        {
            await SendAsync(session, OwnerLabel.FindValue(session.Spec!.Owner!.User!), cancellationToken);
            // The watch brings it. Until then nothing else is to be written.
            _unlabelled.TryRemove(new KeyValuePair<ObjectKey, ClaudeSession>(key, session));
        }
    }

    // A merge patch (RFC 7386) of the one label. The uid keeps it from a successor of the same name; without a version,
    // it is in nobody's way.
    private async Task SendAsync(ClaudeSession session, string value, CancellationToken cancellationToken)
    {
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["uid"] = session.Uid, ["labels"] = new JsonObject { [OwnerLabel.Name] = value } },
        };
        string[] group = ClaudeSession.ApiVersion.Split('/');
        await _api.CustomObjects.PatchNamespacedCustomObjectAsync(
            new V1Patch(patch, V1Patch.PatchType.MergePatch), group[0], group[1], session.Namespace, ApiResources.Sessions.Plural,
            session.Name, cancellationToken: cancellationToken);
    }
}

internal static partial class OwnerLabelLog
{
    [LoggerMessage(1, LogLevel.Debug, "{Session}: the API server refuses the owner's label: {Problem}")]
    public static partial void Refused(ILogger logger, ObjectKey session, string problem);

    [LoggerMessage(2, LogLevel.Warning, "{Session}: cannot write the owner's label: {Problem}. Retrying until it succeeds; logins do not depend on it")]
    public static partial void Failed(ILogger logger, ObjectKey session, string problem);
}
