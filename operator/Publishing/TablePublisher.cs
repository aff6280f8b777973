using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;
using SshGateway.Operator.Table;
using SshGateway.Ssh.Keys;

namespace SshGateway.Operator.Publishing;

/// <summary>Moves every change of the source through the router into the table, which streams it.</summary>
internal sealed class TablePublisher(
    IClusterSource source, RoutingOptions options, EndpointTable table, HostKeyTable hostKeys, IEnumerable<IRouteObserver> observers, ILogger<TablePublisher> logger)
    : BackgroundService
{
    private readonly Lock _lock = new();
    private readonly SessionRouter _router = new(options);
    private readonly Dictionary<string, RoutedSession> _published = new(StringComparer.Ordinal);
    private readonly HashSet<ObjectKey> _conflicting = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        hostKeys.Changed += OnHostKeyChanged;
        table.CatchUpRequested += source.CatchUp;
        try
        {
            await foreach (ClusterChanges changes in source.ReadAsync(stoppingToken))
            {
                RouteChanges routes = _router.Apply(changes);
                if (!table.IsFilled)
                {
                    RecoverHostKeys(routes.States.Values);
                }
                lock (_lock)
                {
                    table.Apply([.. routes.Routed.Select(Encode)], routes.Gone, changes.Versions, changes.IsHistoryNew);
                    Log(routes);
                }
                foreach (IRouteObserver observer in observers)
                {
                    observer.Observe(routes);
                }
            }
        }
        finally
        {
            hostKeys.Changed -= OnHostKeyChanged;
            table.CatchUpRequested -= source.CatchUp;
        }
    }

    private TableEntry Encode(RoutedSession session)
    {
        HostKeyChange change = hostKeys.Bind(session.SessionId, session.PodUid, session.ForgottenHostKey);
        if (change.HasFlag(HostKeyChange.Forgotten))
        {
            PublishingLog.HostKeyForgotten(logger, session.PodName, session.PodUid, session.SessionId, session.ForgottenHostKey!);
        }
        if (change.HasFlag(HostKeyChange.Reported))
        {
            LogHostKey(session, hostKeys.Find(session.PodUid)!);
        }
        TableEntry entry = EntryEncoding.Encode(session, hostKeys.Find(session.PodUid), out string? problem);
        if (problem is not null)
        {
            PublishingLog.OutOfBounds(logger, session.SessionId, problem);
        }
        return entry;
    }

    // One of the two things that are read back from status; the router has the other. Of the pod that it was written
    // for, and where the session itself does not say which keys are good.
    private void RecoverHostKeys(IEnumerable<SessionState?> states)
    {
        foreach (SessionState? state in states)
        {
            if (state is { Route: { HostKeys.Count: 0, HostCAKeys.Count: 0, PodUid.Length: > 0 } route, Session.Status.Endpoint: { HostKeyFingerprints: [{ } fingerprint] } endpoint } && endpoint.PodUid == route.PodUid
                && SshPublicKey.ParseFingerprint(fingerprint) is not null)
            {
                hostKeys.Recover(route.PodUid, fingerprint, endpoint.HostKeyReportedBy);
            }
        }
    }

    private void OnHostKeyChanged(string sessionId)
    {
        lock (_lock)
        {
            if (!_published.TryGetValue(sessionId, out RoutedSession? session) || hostKeys.Find(session.PodUid) is not { } known)
            {
                return;
            }
            table.Apply([Encode(session)], [], table.Versions);
            LogHostKey(session, known);
        }
    }

    private void LogHostKey(RoutedSession session, HostKeyRecord known)
    {
        if (known.MismatchFingerprint is { } shown)
        {
            PublishingLog.HostKeyMismatch(logger, session.PodName, session.PodUid, session.SessionId, shown, known.MismatchFrom);
        }
        else if (known.Key is { } key)
        {
            PublishingLog.HostKeyLearned(logger, session.PodName, session.PodUid, session.SessionId, key.Fingerprint, known.LearnedFrom);
        }
    }

    private void Log(RouteChanges routes)
    {
        foreach (RoutingFault fault in routes.Faults)
        {
            PublishingLog.Faulty(logger, fault.Session, fault.Exception);
        }
        foreach (RoutedSession session in routes.Routed)
        {
            RoutedSession? earlier = _published.GetValueOrDefault(session.SessionId);
            _published[session.SessionId] = session;
            if (IsSameRoute(session, earlier))
            {
                // Only its keys or limits have changed.
            }
            else
            {
                PublishingLog.Routed(logger, session.SessionId, RouteDescription.Describe(session), session.Reason);
            }
            foreach (string problem in session.Problems.Except(earlier?.Problems ?? []))
            {
                PublishingLog.Problem(logger, session.Namespace, session.SessionId, problem);
            }
        }
        foreach (string sessionId in routes.Gone)
        {
            _published.Remove(sessionId);
            hostKeys.Unbind(sessionId);
            PublishingLog.Gone(logger, sessionId);
        }
        LogConflicts(routes.States);
    }

    // Once for each session, when it begins.
    private void LogConflicts(IReadOnlyDictionary<ObjectKey, SessionState?> states)
    {
        foreach ((ObjectKey key, SessionState? state) in states)
        {
            if (state?.Conflict is not { } conflict)
            {
                _conflicting.Remove(key);
            }
            else if (_conflicting.Add(key))
            {
                PublishingLog.Problem(logger, key.Namespace, key.Name, conflict.Describe());
            }
        }
    }

    private static bool IsSameRoute(RoutedSession session, RoutedSession? earlier) =>
        earlier is not null
        && (session.State, session.Reason, session.Binding, session.PodUid) == (earlier.State, earlier.Reason, earlier.Binding, earlier.PodUid)
        && RouteDescription.FindCause(session) == RouteDescription.FindCause(earlier)
        && Equals(session.Address, earlier.Address);
}

/// <summary>Is told of every change after the table has it; must not block.</summary>
internal interface IRouteObserver
{
    void Observe(RouteChanges changes);
}
