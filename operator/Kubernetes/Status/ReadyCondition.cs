using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>The Ready condition: whether logins work, or the one thing that stands in their way.</summary>
internal static class ReadyCondition
{
    private const string Type = SessionCondition.Ready;

    public static Condition Of(SessionState state, HostKeyRecord? hostKey, DateTimeOffset now)
    {
        if (state.Conflict is { } conflict)
        {
            // Before anything else: it is read back by the next operator, and must not give way to another reason.
            return new Condition(Type, false, SessionCondition.SessionIdTaken, conflict.Describe());
        }
        if (state.Problem is not null)
        {
            // Logins go on by a spec that is no longer the owner's: neither true nor false.
            return new Condition(Type, state.Route is null ? false : null, nameof(ReadyReason.InvalidSpec),
                $"{state.Problem}; {(state.Route is null ? "until then there are no logins" : "until then logins follow the version before")}");
        }
        if (state.Route is not { } route)
        {
            return new Condition(Type, false, nameof(ReadyReason.InvalidSpec), string.Join("; ", SessionRules.Check(state.Session)));
        }
        if (route.ExpiresAt is { } end && end <= now)
        {
            return new Condition(Type, false, "Expired", $"the session expired at {end.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}");
        }
        if (route.Reason == ReadyReason.EndpointReady && HostKeyCondition.Unexpected(route, hostKey) is { } shown)
        {
            return new Condition(
                Type, false, HostKeyCondition.Mismatch,
                $"pod {route.PodName} showed the host key {shown} instead of {HostKeyCondition.Expected(route, hostKey)}; logins that meet it are refused");
        }
        return new Condition(Type, route.Reason == ReadyReason.EndpointReady, route.Reason.ToString(), Describe(route));
    }

    private static string Describe(RoutedSession route)
    {
        string pod = route.BoundPod is { } bound ? $"pod {bound.Name}" : "the pod";
        return route.Reason switch
        {
            ReadyReason.EndpointReady => $"logins go to {pod} at {route.Address} port {route.Port}",
            ReadyReason.WaitingForPod => $"no pod of the namespace carries the label {ClaudeSession.SessionLabel}={route.SessionId} yet",
            ReadyReason.PodNotFound => PodBoundCondition.Describe(route),
            ReadyReason.PodNotReady => $"{pod} is not ready: {PodReadyCondition.Of(route).Message}",
            ReadyReason.PodTerminating => $"{pod} is being deleted; there are no new logins",
            ReadyReason.PodFailed => $"{pod} has ended ({route.BoundPod?.Status?.Phase})",
            ReadyReason.Conflict => PodBoundCondition.Describe(route),
            ReadyReason.AccessDisabled => "spec.access is Disabled: no logins, and open ones are closed",
            ReadyReason.Draining => "spec.access is Draining: no new logins",
            ReadyReason.InvalidKeys => $"no key can be used: {string.Join("; ", route.Problems)}",
            ReadyReason.InvalidSpec => string.Join("; ", route.Problems),
            _ => $"{pod} has the address {route.BoundPod?.Address}, to which nothing is routed: it is refused, the node's own, or another pod's by now",
        };
    }
}
