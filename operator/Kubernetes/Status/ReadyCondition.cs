using SshGateway.Feed;
using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>The Ready condition: whether logins work, or the one thing that stands in their way.</summary>
internal static class ReadyCondition
{
    private const string Type = SessionCondition.Ready;

    public static Condition Create(SessionState state, HostKeyRecord? hostKey, DateTimeOffset now)
    {
        if (state.Conflict is { } conflict)
        {
            // Before anything else: it is read back by the next operator, and must not give way to another reason.
            return new Condition(Type, false, ReadyReasons.SessionIdTaken, conflict.Describe());
        }
        if (state.Problem is not null)
        {
            // Logins go on by a spec that is no longer the owner's: neither true nor false.
            return new Condition(Type, state.Route is null ? false : null, ReadyReasons.InvalidSpec,
                $"{state.Problem}; {(state.Route is null ? "until then there are no logins" : "until then logins follow the version before")}");
        }
        if (state.Route is not { } route)
        {
            return new Condition(Type, false, ReadyReasons.InvalidSpec, string.Join("; ", SessionRules.Check(state.Session)));
        }
        if (route.ExpiresAt is { } end && end <= now)
        {
            return new Condition(Type, false, ReadyReasons.Expired, $"the session expired at {end.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}");
        }
        if (route.Reason == ReadyReasons.EndpointReady && HostKeyCondition.Unexpected(route, hostKey) is { } shown)
        {
            return new Condition(
                Type, false, ReadyReasons.HostKeyMismatch,
                $"pod {route.PodName} showed the host key {shown} instead of {HostKeyCondition.Expected(route, hostKey)}; logins that meet it are refused");
        }
        return new Condition(Type, route.Reason == ReadyReasons.EndpointReady, route.Reason, Describe(route));
    }

    private static string Describe(RoutedSession route)
    {
        string pod = route.BoundPod is { } bound ? $"pod {bound.Name}" : "the pod";
        return route.Reason switch
        {
            ReadyReasons.EndpointReady => $"logins go to {pod} at {route.Address} port {route.Port}",
            ReadyReasons.WaitingForPod => $"no pod of the namespace carries the label {ClaudeSession.SessionLabel}={route.SessionId} yet",
            ReadyReasons.PodNotFound => PodBoundCondition.Describe(route),
            ReadyReasons.PodNotReady => $"{pod} is not ready: {PodReadyCondition.Create(route).Message}",
            ReadyReasons.PodTerminating => $"{pod} is being deleted; there are no new logins",
            ReadyReasons.PodFailed => $"{pod} has ended ({route.BoundPod?.Status?.Phase})",
            ReadyReasons.Conflict => PodBoundCondition.Describe(route),
            ReadyReasons.AccessDisabled => "spec.access is Disabled: no logins, and open ones are closed",
            ReadyReasons.SessionTerminating => "the session is being deleted: no new logins",
            ReadyReasons.Draining => "spec.access is Draining: no new logins",
            ReadyReasons.InvalidKeys => $"no key can be used: {string.Join("; ", route.Problems)}",
            ReadyReasons.InvalidSpec => string.Join("; ", route.Problems),
            _ => $"{pod} has the address {route.BoundPod?.Address}, to which nothing is routed: it is refused, the node's own, or another pod's by now",
        };
    }
}
