using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using SshGateway.Feed;
using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Kubernetes.Leadership;
using SshGateway.Operator.Kubernetes.Watching;
using SshGateway.Operator.Model;
using SshGateway.Operator.Publishing;
using SshGateway.Operator.Routing;
using SshGateway.Operator.Usage;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>
/// Writes the sessions' status, behind the table and never before it, and only while this replica holds the lease. What
/// is written is computed from the latest state when its turn comes, so a session that changes often is written seldom.
/// </summary>
internal sealed class StatusWriter : IRouteObserver, IDisposable
{
    // Logins come and go; what changes within this time is one write.
    private static readonly TimeSpan UsageDelay = TimeSpan.FromSeconds(10);

    // An outdated CRD can make the server refuse the status of every session, and each attempt costs it a write.
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromMinutes(5);

    private readonly Meter _meter = new("SshGateway.Operator.Status");
    private readonly Counter<long> _failures;
    private readonly Counter<long> _wakeRequests;
    private readonly ApiClient _api;
    private readonly EventWriter _events;
    private readonly UsageTable _usage;
    private readonly HostKeyTable _hostKeys;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LeaderQueue _queue;
    private readonly WriteWindow _window;
    private readonly ConcurrentDictionary<ObjectKey, SessionState> _states = [];
    private readonly ConcurrentDictionary<string, ObjectKey> _bySessionId = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<ObjectKey, FailedWrites> _failing = [];

    // The last status that was written for each session, and for which version. Writing it again changes nothing: the
    // watch has not brought the result yet, or the installed CRD lacks one of the fields.
    private readonly ConcurrentDictionary<ObjectKey, (string? Version, SessionStatus Status)> _settled = [];

    public StatusWriter(ApiClient api, LeaseElection lease, EventWriter events, UsageTable usage, HostKeyTable hostKeys, TimeProvider time, ILogger<StatusWriter> logger)
    {
        _api = api;
        _events = events;
        _usage = usage;
        _hostKeys = hostKeys;
        _time = time;
        _logger = logger;
        _queue = new LeaderQueue(lease, time, () => _states.Keys);
        _window = new WriteWindow(time);
        _failures = _meter.CreateCounter<long>("sshgateway.operator.status_write_failures", description: "Writes of a session's status that failed, without first conflicts");
        _wakeRequests = _meter.CreateCounter<long>("sshgateway.operator.wake_requests", description: "Sessions that this operator, as the leader, asked a pod for because a login waited");
        // An alert needs the 0 before the first failure.
        _failures.Add(0);
        _wakeRequests.Add(0);
        _usage.Changed += OnUsageChanged;
        _usage.WaitingLogins.Changed += OnWaitsChanged;
        _hostKeys.Changed += OnHostKeyChanged;
    }

    public void Observe(RouteChanges changes)
    {
        if (changes.IsHistoryNew)
        {
            // A version that a write came back of may be the present one again, without what was written.
            _settled.Clear();
        }
        foreach ((ObjectKey key, SessionState? state) in changes.States)
        {
            if (state is not null)
            {
                if (state.Route is { } route)
                {
                    _bySessionId[route.SessionId] = key;
                    if (route.State == EndpointState.Ready)
                    {
                        _usage.WaitingLogins.NoteReady(route.SessionId);
                    }
                }
                _states[key] = state;
                _queue.Add(key);
            }
            else
            {
                _states.TryRemove(key, out _);
                // The id is the name; another namespace's session may have it by now.
                _bySessionId.TryRemove(new KeyValuePair<string, ObjectKey>(key.Name, key));
                _settled.TryRemove(key, out _);
                _failing.TryRemove(key, out _);
                _queue.Forget(key);
            }
        }
    }

    /// <summary>The session that has this id; null: none has.</summary>
    public ClaudeSession? Find(string sessionId) =>
        _bySessionId.TryGetValue(sessionId, out ObjectKey key) && _states.TryGetValue(key, out SessionState? state) ? state.Session : null;

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                ObjectKey key = await _queue.TakeAsync(cancellationToken);
                await _window.AcquireAsync(cancellationToken);
                _ = ReviewAsync(key, cancellationToken);
            }
        }
        finally
        {
            // The writes under way are cancelled as well.
            await _window.DrainAsync();
        }
    }

    public void Dispose()
    {
        _usage.Changed -= OnUsageChanged;
        _usage.WaitingLogins.Changed -= OnWaitsChanged;
        _hostKeys.Changed -= OnHostKeyChanged;
        _queue.Dispose();
        _meter.Dispose();
    }

    private void OnUsageChanged(IReadOnlyCollection<string> sessionIds)
    {
        foreach (string sessionId in sessionIds)
        {
            if (_bySessionId.TryGetValue(sessionId, out ObjectKey key))
            {
                _queue.AddAfter(key, UsageDelay);
            }
        }
    }

    private void OnWaitsChanged(IReadOnlyCollection<string> sessionIds)
    {
        foreach (string sessionId in sessionIds)
        {
            if (_bySessionId.TryGetValue(sessionId, out ObjectKey key))
            {
                _queue.Add(key);
            }
        }
    }

    private void OnHostKeyChanged(string sessionId)
    {
        if (_bySessionId.TryGetValue(sessionId, out ObjectKey key))
        {
            _queue.Add(key);
        }
    }

    private async Task ReviewAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        long? askedAt = null;
        try
        {
            if (Review(key) is var (session, status))
            {
                askedAt = _time.GetTimestamp();
                await WriteAsync(key, session, status, cancellationToken);
            }
            else
            {
                _failing.TryRemove(key, out _);
            }
        }
        catch (OperationCanceledException)
        {
            // The process ends.
        }
#pragma warning disable CA1031 // One session must not take the others' status away, whatever it is that fails.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            StatusLog.Faulty(_logger, key, exception);
        }
        finally
        {
            _queue.Done(key);
            _window.Release(askedAt);
        }
    }

    /// <returns>What is to be written; null: nothing.</returns>
    private (ClaudeSession Session, SessionStatus Status)? Review(ObjectKey key)
    {
        if (!_queue.MayWrite() || !_states.TryGetValue(key, out SessionState? state))
        {
            return null;
        }
        DateTimeOffset now = _time.GetUtcNow();
        if (state.Route?.ExpiresAt is { } end && end > now)
        {
            _queue.AddAfter(key, end - now);
        }
        SessionUsage? usage = StatusComposer.FindUsage(_usage, state);
        if (usage is null && state.Session.Status?.Connections > 0)
        {
            // They may have ended while nobody listened.
            _queue.AddAfter(key, _usage.CompleteIn);
        }
        var waits = LoginWaits.Find(_usage, state);
        if (WakeCondition.FindReviewDelay(state, waits, now) is { } delay)
        {
            _queue.AddAfter(key, delay);
        }
        else if (!waits.IsKnown && WakeCondition.IsRequested(state.Session.Status))
        {
            _queue.AddAfter(key, _usage.CompleteIn);
        }
        SessionStatus status = StatusComposer.Compose(state, usage, _hostKeys.Find(state.Route?.PodUid ?? ""), now, waits);
        string? version = state.Session.Metadata?.ResourceVersion;
        bool isSettled = _settled.TryGetValue(key, out (string? Version, SessionStatus Status) last)
            && last.Version == version && StatusPatch.AreEqual(last.Status, status);
        return isSettled || StatusPatch.IsCurrent(state.Session, status) ? null : (state.Session, status);
    }

    private async Task WriteAsync(ObjectKey key, ClaudeSession session, SessionStatus status, CancellationToken cancellationToken)
    {
        try
        {
            await StatusPatch.SendAsync(_api, session, status, cancellationToken);
        }
        catch (Exception exception) when (ApiFailure.IsAny(exception))
        {
            // Also after 404 and 409. If the session is gone or has another version, the watch says so. Else the answer
            // came from a load balancer, or from a server that is starting.
            PlanRetry(key, exception);
            return;
        }
        StatusLog.Written(_logger, key, status.Phase);
        _events.Note(session, status);
        if (WakeCondition.IsNew(session.Status, status))
        {
            _wakeRequests.Add(1);
        }
        _failing.TryRemove(key, out _);
        _settled[key] = (session.Metadata?.ResourceVersion, status);
    }

    private void PlanRetry(ObjectKey key, Exception exception)
    {
        FailedWrites failed = _failing.GetOrAdd(key, _ => new FailedWrites(new Backoff(_time, Random.Shared, MaxRetryDelay)));
        TimeSpan delay = failed.Backoff.Next((exception as ApiException)?.RetryAfter);
        // Each problem is logged once. A first conflict is normal: the session changed, and the watch has not said so
        // yet.
        string problem = failed.Problem is null && exception is ApiException { Status.Code: 409 } ? "" : exception.Message;
        if (problem.Length > 0)
        {
            _failures.Add(1);
            if (problem != failed.Problem)
            {
                StatusLog.Failed(_logger, key, problem, delay.TotalSeconds);
            }
        }
        failed.Problem = problem;
        _queue.AddAfter(key, delay);
    }

    /// <summary>The writes of one session that failed in a row. No two are under way at the same time.</summary>
    private sealed class FailedWrites(Backoff backoff)
    {
        public Backoff Backoff => backoff;

        /// <summary>Why the last one failed; empty: by a first conflict; null: none has failed yet.</summary>
        public string? Problem { get; set; }
    }
}

internal static partial class StatusLog
{
    [LoggerMessage(1, LogLevel.Debug, "{Session}: wrote the status, phase {Phase}")]
    public static partial void Written(ILogger logger, ObjectKey session, string? phase);

    [LoggerMessage(3, LogLevel.Warning, "{Session}: cannot write the status: {Problem}. Retrying until it succeeds, first in {Delay:0.0} s")]
    public static partial void Failed(ILogger logger, ObjectKey session, string problem, double delay);

    [LoggerMessage(4, LogLevel.Error, "{Session}: cannot compute the status. Retrying when the session or its pod changes. Please report this defect of the gateway")]
    public static partial void Faulty(ILogger logger, ObjectKey session, Exception exception);
}
