using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>The PodBound condition: whether a pod is the session's.</summary>
internal static class PodBoundCondition
{
    private const string Type = "PodBound";

    public static Condition Create(SessionState state) => state.Route is { } route
        ? new Condition(Type, route.Binding == BindingReasons.Bound, route.Binding, Describe(route))
        : new Condition(Type, null, "NotRouted", "the session has no route, so no pod is looked for");

    public static string Describe(RoutedSession route) => route.Binding switch
    {
        BindingReasons.Bound => $"pod {route.BoundPod?.Name} is the session's",
        BindingReasons.PodNotFound => "the session's pod does not exist",
        BindingReasons.MultiplePods => "more than one live pod is the session's; delete all but one",
        BindingReasons.LabelMismatch => $"the pod does not carry the label {ClaudeSession.SessionLabel}={route.SessionId}",
        BindingReasons.UidMismatch => "the pod is another incarnation than the one that spec.pod.uid names",
        _ => "the pod is labelled as another session's",
    };
}
