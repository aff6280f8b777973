using System.Collections.Concurrent;
using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Kubernetes.Status;
using SshGateway.Operator.Model;
using SshGateway.Operator.Publishing;
using SshGateway.Operator.Routing;
using SshGateway.Operator.Usage;

namespace SshGateway.Operator.StatusPage;

/// <summary>
/// What there is to show. Phase and reason are computed here as the leader computes them for the status, so that the
/// page also has them in other replicas and with a directory of manifests. Nothing is computed while nobody looks.
/// </summary>
internal sealed class SessionList : IRouteObserver, IDisposable
{
    // However many look, and however much changes: the sessions are gone through once in this time.
    private static readonly TimeSpan MinAge = TimeSpan.FromSeconds(1);

    // A session expires without a change.
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<ObjectKey, SessionState> _states = [];
    private readonly Lock _lock = new();
    private readonly UsageTable _usage;
    private readonly HostKeyTable _hostKeys;
    private readonly TimeProvider _time;
    private SessionSnapshot? _snapshot;
    private TaskCompletionSource _changed = NewSignal();
    private long _version;

    public SessionList(UsageTable usage, HostKeyTable hostKeys, TimeProvider time)
    {
        (_usage, _hostKeys, _time) = (usage, hostKeys, time);
        _usage.Changed += OnUsageChanged;
        _usage.Connections.Changed += OnUsageChanged;
        _hostKeys.Changed += OnHostKeyChanged;
    }

    public void Observe(RouteChanges changes)
    {
        foreach ((ObjectKey key, SessionState? state) in changes.States)
        {
            if (state is null)
            {
                _states.TryRemove(key, out _);
            }
            else
            {
                _states[key] = state;
            }
        }
        Touch();
    }

    /// <summary>All sessions, as they were at most a second ago.</summary>
    public SessionSnapshot Read()
    {
        lock (_lock)
        {
            TimeSpan age = _snapshot is null ? TimeSpan.MaxValue : _time.GetElapsedTime(_snapshot.TakenAt);
            if (_snapshot is null || age >= MaxAge || (age >= MinAge && _snapshot.Version != Volatile.Read(ref _version)))
            {
                long version = Volatile.Read(ref _version);
                DateTimeOffset now = _time.GetUtcNow();
                _snapshot = new SessionSnapshot(version, _time.GetTimestamp(), [.. _states.Select(pair => Describe(pair.Key, pair.Value, now))]);
            }
            return _snapshot;
        }
    }

    /// <summary>Who is connected to the session of this id, now.</summary>
    public IReadOnlyList<LiveConnection> FindConnections(string sessionId) => _usage.Connections.Find(sessionId);

    /// <summary>Completes when there is something newer than the snapshot, and after the time.</summary>
    public async Task WaitAsync(SessionSnapshot snapshot, TimeSpan time, CancellationToken cancellationToken)
    {
        // Before the version is looked at, so that no change falls between the two.
        Task changed = Volatile.Read(ref _changed).Task;
        if (Volatile.Read(ref _version) == snapshot.Version)
        {
            try
            {
                await changed.WaitAsync(time, _time, cancellationToken);
            }
            catch (TimeoutException)
            {
                // Nothing is newer.
            }
        }
    }

    public void Dispose()
    {
        _usage.Changed -= OnUsageChanged;
        _usage.Connections.Changed -= OnUsageChanged;
        _hostKeys.Changed -= OnHostKeyChanged;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void OnUsageChanged(IReadOnlyCollection<string> sessionIds) => Touch();

    private void OnHostKeyChanged(string sessionId) => Touch();

    private void Touch()
    {
        Interlocked.Increment(ref _version);
        Interlocked.Exchange(ref _changed, NewSignal()).SetResult();
    }

    private SessionRow Describe(ObjectKey key, SessionState state, DateTimeOffset now)
    {
        Condition ready = Conditions.Ready(state, _hostKeys.Find(state.Route?.PodUid ?? ""), now);
        SessionUsage? usage = StatusComposer.FindUsage(_usage, state);
        return new SessionRow(
            key, StatusComposer.FindPhase(state, ready.Reason), ready.Reason, ready.Message, state.Session.Spec?.Owner?.User ?? "",
            state.Route?.BoundPod?.Name ?? "", usage?.Connections, state.Session.Metadata?.CreationTimestamp)
        {
            IsExec = SessionRules.IsExec(state.Session.Spec),
        };
    }
}
