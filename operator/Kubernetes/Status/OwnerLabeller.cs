using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Kubernetes.Leadership;
using SshGateway.Operator.Kubernetes.Watching;
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

    // The server refuses this one session, as it does where a rule of the CRD has become stricter.
    private static readonly TimeSpan RefusedDelay = TimeSpan.FromMinutes(5);

    private readonly ApiClient _api;
    private readonly LeaseElection _lease;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly WorkQueue _queue;
    private readonly ConcurrentDictionary<ObjectKey, ClaudeSession> _unlabelled = [];
    private int _hasPassedOver;
    private string? _problem;

    public OwnerLabeller(ApiClient api, LeaseElection lease, TimeProvider time, ILogger<OwnerLabeller> logger)
    {
        (_api, _lease, _time, _logger, _queue) = (api, lease, time, logger, new WorkQueue(time));
        _lease.Renewed += AddPassedOver;
    }

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
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var backoff = new Backoff(_time, Random.Shared);
        while (true)
        {
            ObjectKey key = await _queue.TakeAsync(cancellationToken);
            try
            {
                await LabelAsync(key, backoff, cancellationToken);
            }
            finally
            {
                _queue.Done(key);
            }
        }
    }

    public void Dispose()
    {
        _lease.Renewed -= AddPassedOver;
        _queue.Dispose();
    }

    private void AddPassedOver()
    {
        if (Interlocked.Exchange(ref _hasPassedOver, 0) == 1)
        {
            foreach (ObjectKey key in _unlabelled.Keys)
            {
                _queue.Add(key);
            }
        }
    }

    private async Task LabelAsync(ObjectKey key, Backoff backoff, CancellationToken cancellationToken)
    {
        if (!_lease.IsHeld)
        {
            Volatile.Write(ref _hasPassedOver, 1);
            return;
        }
        if (!_unlabelled.TryGetValue(key, out ClaudeSession? session))
        {
            return;
        }
        try
        {
            await SendAsync(session, OwnerLabel.FindValue(session.Spec!.Owner!.User!), cancellationToken);
            // The watch brings it. Until then nothing else is to be written.
            _unlabelled.TryRemove(new KeyValuePair<ObjectKey, ClaudeSession>(key, session));
            _problem = null;
        }
        catch (ApiException exception) when (exception.Status.Code is 404 or 409 or 422)
        {
            // It is gone, was replaced, or is refused for itself.
            OwnerLabelLog.Refused(_logger, key, exception.Message);
            _queue.AddAfter(key, RefusedDelay);
        }
        catch (Exception exception) when (ApiFailure.IsAny(exception))
        {
            // What the server says of this one it would say of all.
            TimeSpan delay = backoff.Next((exception as ApiException)?.RetryAfter);
            _queue.Add(key);
            if (_problem != exception.Message)
            {
                _problem = exception.Message;
                OwnerLabelLog.Failed(_logger, key, exception.Message);
            }
            await Task.Delay(delay, _time, cancellationToken);
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
