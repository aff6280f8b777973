using SshGateway.Operator.Model;

namespace SshGateway.Operator.Routing;

/// <summary>
/// Binds sessions to pods, two-way: the session names the pod (or its labels match) and the pod carries the session's
/// label. Only TARS may set that label, so a session cannot take a pod that was not made for it.
/// </summary>
internal sealed class PodBinder
{
    private readonly RoutingOptions _options;
    private readonly Dictionary<ObjectKey, Pod> _byName = [];
    private readonly ILookup<string, Pod> _byNamespace;
    private readonly ILookup<(string Namespace, string SessionId), Pod> _byLabel;
    private readonly HashSet<ObjectKey> _sessions;
    private readonly ILookup<ObjectKey, ClaudeSession> _pinning;

    public PodBinder(ClusterObjects objects, RoutingOptions options)
    {
        _options = options;
        foreach (Pod pod in objects.Pods)
        {
            _byName[pod.Key] = pod;
        }
        _byNamespace = objects.Pods.ToLookup(p => p.Namespace);
        _byLabel = objects.Pods
            .Where(p => p.Label(ClaudeSession.SessionLabel) is not null)
            .ToLookup(p => (p.Namespace, p.Label(ClaudeSession.SessionLabel)!));
        _sessions = [.. objects.Sessions.Select(s => s.Key)];
        _pinning = objects.Sessions
            .Where(s => s.Spec?.Pod is { Name: not null, Uid: not null })
            .ToLookup(s => new ObjectKey(Pod.KindName, s.Namespace, s.Spec!.Pod!.Name!));
    }

    public PodBinding Bind(ClaudeSession session)
    {
        PodSelection? selection = session.Spec?.Pod;
        IEnumerable<Pod> labelled = _byLabel[(session.Namespace, session.Name)];
        return selection switch
        {
            { Name: { } name } => BindNamed(session, name, selection.Uid),
            { MatchLabels: { } labels } => BindMatching(session, [.. labelled.Where(p => Matches(p, labels))], labels, selection.Uid),
            _ => BindOneOf([.. labelled], selection?.Uid),
        };
    }

    private PodBinding BindNamed(ClaudeSession session, string name, string? uid)
    {
        var key = new ObjectKey(Pod.KindName, session.Namespace, name);
        if (!_byName.TryGetValue(key, out Pod? pod))
        {
            return PodBinding.PodNotFound;
        }
        if (uid is not null && pod.Uid != uid)
        {
            return PodBinding.UidMismatch;
        }
        string? label = pod.Label(ClaudeSession.SessionLabel);
        if (label == session.Name)
        {
            return PodBinding.To(pod);
        }
        if (label is null && uid is not null && _options.AllowUnlabelledPods)
        {
            // Without a label nothing decides between two sessions that name the pod.
            return _pinning[key].Any(other => other.Key != session.Key && other.Spec!.Pod!.Uid == uid)
                ? PodBinding.ClaimedByOther
                : PodBinding.To(pod);
        }
        return label is not null && _sessions.Contains(session.Key with { Name = label })
            ? PodBinding.ClaimedByOther
            : PodBinding.LabelMismatch;
    }

    private PodBinding BindMatching(ClaudeSession session, Pod[] candidates, IReadOnlyDictionary<string, string> labels, string? uid) =>
        candidates.Length == 0 && _byNamespace[session.Namespace].Any(pod => Matches(pod, labels))
            ? PodBinding.LabelMismatch
            : BindOneOf(candidates, uid);

    // A successor takes over as soon as it has an address, although its predecessor is still there, ending.
    private static PodBinding BindOneOf(Pod[] candidates, string? uid)
    {
        if (candidates.Length == 0)
        {
            return PodBinding.WaitingForPod;
        }
        Pod[] allowed = uid is null ? candidates : [.. candidates.Where(p => p.Uid == uid)];
        Pod[] live = [.. allowed.Where(p => !p.IsTerminal && !p.IsTerminating && p.Address is not null)];
        return (allowed.Length, live.Length) switch
        {
            (0, _) => PodBinding.UidMismatch,
            (_, > 1) => PodBinding.MultiplePods,
            (_, 1) => PodBinding.To(live[0]),
            // The one that has most of its life before it, so that logins wait for a successor that is starting.
            _ => PodBinding.To(allowed.OrderBy(p => p.IsTerminal).ThenBy(p => p.IsTerminating).ThenByDescending(p => p, PodStartOrder.Instance).First()),
        };
    }

    private static bool Matches(Pod pod, IReadOnlyDictionary<string, string> labels) => labels.All(l => pod.Label(l.Key) == l.Value);
}
