using SshGateway.Feed;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Routing;

/// <summary>Where a session's logins go, or why they go nowhere, in words for the status and the log.</summary>
internal static class RouteDescription
{
    public static string Describe(RoutedSession route)
    {
        string pod = route.BoundPod is { } bound ? $"pod {bound.Name}" : "the pod";
        return route.Reason switch
        {
            ReadyReasons.EndpointReady when route.Exec is { } exec => $"logins go to container {exec.Container} of {pod} by an exec relay",
            ReadyReasons.EndpointReady => $"logins go to {pod} at {route.Address} port {route.Port}",
            ReadyReasons.WaitingForPod => $"no pod of the namespace carries the label {ClaudeSession.SessionLabel}={route.SessionId} yet",
            ReadyReasons.PodNotFound or ReadyReasons.Conflict => DescribeBinding(route),
            ReadyReasons.Suspended when route.Wake == Wake.OnLogin => "spec.suspend is true: logins go to no pod; a login waits and asks for one",
            ReadyReasons.Suspended => "spec.suspend is true: no logins until it is false",
            ReadyReasons.ContainerMissing when route.Exec is { Container.Length: > 0 } exec => $"{pod} has no container {exec.Container}; correct spec.exec.container, or leave it out",
            ReadyReasons.ContainerMissing => $"{pod} has no containers",
            ReadyReasons.PodNotReady when route.Exec is { } exec && route.BoundPod is { IsReady: true } => $"container {exec.Container} of {pod} is not ready",
            ReadyReasons.PodNotReady => $"{pod} is not ready: {DescribePod(route.BoundPod!)}",
            ReadyReasons.PodTerminating => $"{pod} is being deleted; there are no new logins",
            ReadyReasons.PodFailed => $"{pod} has ended (phase {route.BoundPod?.Status?.Phase})",
            ReadyReasons.AccessDisabled => "spec.access is Disabled: no logins, and open ones are closed",
            ReadyReasons.SessionTerminating => "the session is being deleted: no new logins",
            ReadyReasons.Draining => "spec.access is Draining: no new logins",
            ReadyReasons.InvalidKeys when route.Problems.Count == 0 => "no key can be used: neither the session nor the objects that it names have one",
            ReadyReasons.InvalidKeys => $"no key can be used: {string.Join("; ", route.Problems)}",
            ReadyReasons.InvalidSpec => string.Join("; ", route.Problems),
            _ => $"the address {route.BoundPod?.Address} of {pod} is not allowed, is its node's, or belongs to another pod by now",
        };
    }

    /// <summary>Which pod is the session's, or why none is.</summary>
    public static string DescribeBinding(RoutedSession route) => route.Binding switch
    {
        BindingReasons.Bound => $"pod {route.BoundPod?.Name} is the session's",
        BindingReasons.PodNotFound => "the session's pod does not exist",
        BindingReasons.MultiplePods => "more than one live pod is the session's; delete all but one",
        BindingReasons.LabelMismatch => $"the pod does not carry the label {ClaudeSession.SessionLabel}={route.SessionId}",
        BindingReasons.UidMismatch => "the pod's UID differs from spec.pod.uid",
        _ => "the pod is labelled as another session's",
    };

    /// <summary>Why a pod is not ready.</summary>
    public static string DescribePod(Pod pod) =>
        PodCause.Find(pod)?.Message ?? $"its phase is {pod.Status?.Phase ?? "Pending"}";

    /// <summary>What a user who cannot log in is told beyond the reason: one word, or nothing.</summary>
    public static string FindCause(RoutedSession route) => route.Reason switch
    {
        ReadyReasons.PodNotFound or ReadyReasons.Conflict when route.Binding != route.Reason => route.Binding,
        // That its containers are not ready says no more than the reason does. The word is the pod's, and may be any.
        ReadyReasons.PodNotReady when PodCause.Find(route.BoundPod!)?.Reason is { Length: <= EntryRules.MaxWordLength } word and not "ContainersNotReady"
            && word.All(char.IsAsciiLetter) => word,
        _ => "",
    };
}
