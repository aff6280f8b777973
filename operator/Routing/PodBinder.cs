using SshGateway.Feed;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Routing;

/// <summary>
/// Binds sessions to pods, two-way: the session names the pod (or its labels match) and the pod carries the session's
/// label. Only TARS may set that label, so a session cannot take a pod that was not made for it.
/// </summary>
internal sealed class PodBinder(SessionIndex sessions, PodIndex pods, LabelSelectors selectors, RoutingOptions options)
{
    public PodBinding Bind(ClaudeSession session)
    {
        PodSelection? selection = session.Spec?.Pod;
        IEnumerable<Pod> labelled = pods.FindLabelled(session.Key);
        return selection switch
        {
            { Name: not null } => BindNamed(session, SessionIndex.FindNamedPod(session)!.Value, selection.Uid),
            { MatchLabels: { } labels } => BindMatching(session, [.. labelled.Where(p => LabelSelector.IsMatch(p, labels))], selection.Uid),
            _ => BindOneOf([.. labelled], selection?.Uid),
        };
    }

    private PodBinding BindNamed(ClaudeSession session, ObjectKey key, string? uid)
    {
        if (!pods.TryGet(key, out Pod? pod))
        {
            return PodBinding.PodNotFound;
        }
        if (uid is not null && pod.Uid != uid)
        {
            return PodBinding.UidMismatch;
        }
        ObjectKey? labelled = PodIndex.FindSessionKey(pod);
        if (labelled == session.Key)
        {
            return PodBinding.Bind(pod);
        }
        if (labelled is null && uid is not null && options.AllowUnlabelledPods)
        {
            // Without a label nothing decides between two sessions that name the pod.
            return sessions.FindNaming(key).Any(other => other.Key != session.Key && other.Spec!.Pod!.Uid == uid)
                ? PodBinding.ClaimedByOther
                : PodBinding.Bind(pod);
        }
        return labelled is { } owner && sessions.Contains(owner) ? PodBinding.ClaimedByOther : PodBinding.LabelMismatch;
    }

    private PodBinding BindMatching(ClaudeSession session, Pod[] candidates, string? uid) =>
        candidates.Length == 0 && selectors.HasMatch(session) ? PodBinding.LabelMismatch : BindOneOf(candidates, uid);

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
            (_, 1) => PodBinding.Bind(live[0]),
            // The one that has most of its life before it, so that logins wait for a successor that is starting.
            _ => PodBinding.Bind(allowed.OrderBy(p => p.IsTerminal).ThenBy(p => p.IsTerminating).ThenByDescending(p => p, PodStartOrder.Instance).First()),
        };
    }
}

/// <summary>Which pod is a session's, if one is.</summary>
/// <param name="Pod">The pod when <paramref name="Reason"/> is Bound, else null.</param>
/// <param name="Ready">What the binding says about logins when there is no pod.</param>
internal sealed record PodBinding(Pod? Pod, string Reason, string Ready)
{
    public static readonly PodBinding WaitingForPod = new(null, BindingReasons.PodNotFound, ReadyReasons.WaitingForPod);
    public static readonly PodBinding PodNotFound = new(null, BindingReasons.PodNotFound, ReadyReasons.PodNotFound);
    public static readonly PodBinding MultiplePods = new(null, BindingReasons.MultiplePods, ReadyReasons.Conflict);
    public static readonly PodBinding LabelMismatch = new(null, BindingReasons.LabelMismatch, ReadyReasons.PodNotFound);
    public static readonly PodBinding UidMismatch = new(null, BindingReasons.UidMismatch, ReadyReasons.PodNotFound);
    public static readonly PodBinding ClaimedByOther = new(null, BindingReasons.ClaimedByOther, ReadyReasons.Conflict);

    public static PodBinding Bind(Pod pod) => new(pod, BindingReasons.Bound, ReadyReasons.EndpointReady);
}
