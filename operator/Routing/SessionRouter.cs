using SshGateway.Feed;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Routing;

/// <summary>
/// Keeps the routes up to date with the cluster. A change is only followed to the sessions whose route it can touch;
/// that the result is the one of a router that has just been told everything, and whose each id is, is a test of its
/// own.
/// </summary>
internal sealed class SessionRouter
{
    private readonly RoutingOptions _options;
    private readonly PodIndex _pods = new();
    private readonly SessionIndex _sessions = new();
    private readonly LabelSelectors _selectors = new();
    private readonly KeyObjectIndex _keyObjects = new();
    private readonly Dictionary<ObjectKey, UnreadableSession> _unreadable = [];
    private readonly PodBinder _binder;
    private readonly Dictionary<string, IdBinding> _bindings;
    private readonly Dictionary<string, RoutedSession> _routes = new(StringComparer.Ordinal);
    private readonly HashSet<string> _due = new(StringComparer.Ordinal);

    /// <param name="bindings">Whose each id is, as another router left it; null: nothing is known.</param>
    public SessionRouter(RoutingOptions options, IReadOnlyDictionary<string, IdBinding>? bindings = null)
    {
        _options = options;
        _bindings = bindings is null ? new(StringComparer.Ordinal) : new(bindings, StringComparer.Ordinal);
        _binder = new PodBinder(_sessions, _pods, _selectors, options);
    }

    /// <summary>One route per session id, in the order of the ids.</summary>
    public IEnumerable<RoutedSession> Routes => _routes.Values.OrderBy(r => r.SessionId, StringComparer.Ordinal);

    /// <summary>Whose each id is: what a router is to be given that goes on from here.</summary>
    public IReadOnlyDictionary<string, IdBinding> Bindings => _bindings;

    public RouteChanges Apply(ClusterChanges changes)
    {
        var touched = new HashSet<ObjectKey>();
        foreach (ObjectKey key in changes.Removed)
        {
            if (key.Kind == ClaudeSession.KindName)
            {
                _unreadable.Remove(key);
                ChangeSession(_sessions.Remove(key), null);
                touched.Add(key);
            }
            else if (KeyObject.IsKind(key.Kind))
            {
                _keyObjects.Remove(key);
                MarkReferring(_sessions.FindReferring(key));
            }
            else
            {
                ChangePod(_pods.Remove(key), null);
            }
        }
        foreach (ClaudeSession session in changes.Sessions)
        {
            _unreadable.Remove(session.Key);
            ChangeSession(_sessions.Set(session), session);
            touched.Add(session.Key);
        }
        foreach (UnreadableSession session in changes.Unreadable)
        {
            // It is routed as it last was, but what is said of it is about its newest version.
            _unreadable[session.Partial.Key] = session;
            touched.Add(session.Partial.Key);
            if (session.Partial.HasLostId)
            {
                _due.Add(session.Partial.Name);
            }
        }
        foreach (Pod pod in changes.Pods)
        {
            ChangePod(_pods.Set(pod), pod);
        }
        foreach (KeyCollection collection in changes.KeyCollections)
        {
            _keyObjects.Set(collection);
            MarkReferring(_sessions.FindReferring(collection));
        }
        foreach (KeyObject keyObject in changes.KeyObjects)
        {
            _keyObjects.Set(keyObject);
            MarkReferring(_sessions.FindReferring(keyObject.Key));
        }
        return RouteDue(touched) with { IsHistoryNew = changes.IsHistoryNew };
    }

    private void ChangeSession(ClaudeSession? previous, ClaudeSession? latest)
    {
        if (previous is not null)
        {
            _selectors.Remove(previous);
            MarkDependents(previous);
        }
        if (latest is not null)
        {
            _selectors.Add(latest, _pods.All);
            MarkDependents(latest);
        }
    }

    private void ChangePod(Pod? previous, Pod? latest)
    {
        foreach (Pod pod in new[] { previous, latest }.OfType<Pod>())
        {
            MarkDependents(pod);
            // An address that has one more pod, or one less, may have another owner.
            if (pod.Address is { } address)
            {
                foreach (Pod claiming in _pods.FindByAddress(address))
                {
                    MarkDependents(claiming);
                }
            }
        }
        _due.UnionWith(_selectors.Change(previous, latest).Select(key => key.Name));
    }

    private void MarkDependents(ClaudeSession session)
    {
        _due.Add(session.Name);
        // Sessions that pin one pod without a label exclude each other.
        if (SessionIndex.FindNamedPod(session) is { } named)
        {
            MarkNaming(named);
        }
        // Who names a pod that carries this session's label is told whether that session exists.
        foreach (Pod pod in _pods.FindLabelled(session.Key))
        {
            MarkNaming(pod.Key);
        }
    }

    private void MarkDependents(Pod pod)
    {
        if (PodIndex.FindSessionKey(pod) is { } session)
        {
            _due.Add(session.Name);
        }
        MarkNaming(pod.Key);
    }

    private void MarkReferring(IEnumerable<ClaudeSession> sessions) => _due.UnionWith(sessions.Select(s => s.Name));

    private void MarkNaming(ObjectKey pod) => _due.UnionWith(_sessions.FindNaming(pod).Select(s => s.Name));

    private RouteChanges RouteDue(HashSet<ObjectKey> touched)
    {
        var routed = new List<RoutedSession>();
        var gone = new List<string>();
        var faults = new List<RoutingFault>();
        foreach (string sessionId in _due.Order(StringComparer.Ordinal))
        {
            ClaudeSession[] sameId = [.. _sessions.FindById(sessionId)];
            touched.UnionWith(sameId.Select(s => s.Key));
            if (Settle(sessionId, sameId) is { } holder)
            {
                _routes[sessionId] = Route(holder, faults);
                routed.Add(_routes[sessionId]);
            }
            else if (_routes.Remove(sessionId))
            {
                gone.Add(sessionId);
            }
        }
        _due.Clear();
        return new RouteChanges(routed, gone, touched.ToDictionary(key => key, ComposeState), faults);
    }

    /// <returns>The session that has the id; null when there is none, or the name can be no id.</returns>
    private ClaudeSession? Settle(string sessionId, ClaudeSession[] sameId)
    {
        IdContender[] contenders =
            SessionNames.IsSessionId(sessionId) ? [.. sameId.Select(s => new IdContender(s, IsMarked(s)))] : [];
        if (IdBinding.Settle(_bindings.GetValueOrDefault(sessionId), contenders) is not { } binding)
        {
            _bindings.Remove(sessionId);
            return null;
        }
        _bindings[sessionId] = binding;
        return sameId.FirstOrDefault(s => SessionIncarnation.From(s) == binding.Holder);
    }

    // The newest status counts, also that of a version whose spec cannot be read.
    private bool IsMarked(ClaudeSession session) => session.HasLostId
        || (_unreadable.GetValueOrDefault(session.Key) is { Partial.HasLostId: true } unreadable && unreadable.Partial.Uid == session.Uid);

    private RoutedSession Route(ClaudeSession session, List<RoutingFault> faults)
    {
        try
        {
            PodBinding binding = _binder.Bind(session);
            return RoutingFunction.Route(session, binding, binding.Pod is { } pod && _pods.OwnsItsAddress(pod), _options, _keyObjects);
        }
#pragma warning disable CA1031 // One session must not take the others' routes away, whatever it is that fails.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            faults.Add(new RoutingFault(session.Key, exception));
            return RoutedSession.Refused(session, $"the gateway failed on this session, and refuses its logins: {exception.Message}");
        }
    }

    private SessionState? ComposeState(ObjectKey key)
    {
        UnreadableSession? unreadable = _unreadable.GetValueOrDefault(key);
        if (_sessions.Get(key) is not { } session)
        {
            return unreadable is null ? null : new SessionState(unreadable.Partial, null, FindUnreadConflict(unreadable.Partial), unreadable.Problem);
        }
        IdConflict? conflict = _bindings.GetValueOrDefault(session.Name)?.FindConflict(session);
        RoutedSession? route = conflict is null ? _routes.GetValueOrDefault(session.Name) : null;
        return new SessionState(unreadable?.Partial ?? session, route, conflict, unreadable?.Problem);
    }
    // It is no contender before its spec has been read once. But what its status says must not be lost meanwhile.
    private IdConflict? FindUnreadConflict(ClaudeSession session) => session.HasLostId
        ? new IdConflict(_bindings.GetValueOrDefault(session.Name)?.Holder?.Key)
        : null;
}
