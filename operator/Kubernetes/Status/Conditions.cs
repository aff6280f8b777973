using SshGateway.Feed;
using SshGateway.Hosting.Text;
using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>The conditions of a session's status.</summary>
internal static class Conditions
{
    private const string PodBoundType = "PodBound";
    private const string PodReadyType = "PodReady";
    private const string KeysValidType = "KeysValid";

    /// <summary>Whether logins work, or the one thing that stands in their way.</summary>
    public static Condition Ready(SessionState state, HostKeyRecord? hostKey, DateTimeOffset now)
    {
        if (state.Conflict is { } conflict)
        {
            // Before anything else: it is read back by the next operator, and must not give way to another reason.
            return new Condition(SessionCondition.Ready, false, ReadyReasons.SessionIdTaken, conflict.Describe());
        }
        if (state.Problem is not null)
        {
            // Logins go on by a spec that is no longer the owner's: neither true nor false.
            return new Condition(SessionCondition.Ready, state.Route is null ? false : null, ReadyReasons.InvalidSpec,
                $"{state.Problem}; {(state.Route is null ? "until then there are no logins" : "until then logins follow the version before")}");
        }
        if (state.Route is not { } route)
        {
            return new Condition(SessionCondition.Ready, false, ReadyReasons.InvalidSpec, string.Join("; ", SessionRules.Check(state.Session)));
        }
        if (route.ExpiresAt is { } end && end <= now)
        {
            return new Condition(SessionCondition.Ready, false, ReadyReasons.Expired, $"the session expired at {end.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}");
        }
        if (route.Reason == ReadyReasons.EndpointReady && HostKeyCondition.Unexpected(route, hostKey) is { } shown)
        {
            string to = hostKey!.MismatchFrom is { } proxy ? $" to proxy {proxy}" : "";
            return new Condition(
                SessionCondition.Ready, false, ReadyReasons.HostKeyMismatch,
                $"pod {route.PodName} showed the host key {shown}{to} instead of {HostKeyCondition.Expected(route, hostKey)}; logins that meet it are refused");
        }
        return new Condition(SessionCondition.Ready, route.Reason == ReadyReasons.EndpointReady, route.Reason, RouteDescription.Describe(route));
    }

    /// <summary>Whether a pod is the session's.</summary>
    public static Condition PodBound(SessionState state) => state.Route is { } route
        ? new Condition(PodBoundType, route.Binding == BindingReasons.Bound, route.Binding, RouteDescription.DescribeBinding(route))
        : new Condition(PodBoundType, null, "NotRouted", "the session has no route, so no pod is looked for");

    /// <summary>Whether the pod is ready, or the deepest known cause of why not.</summary>
    public static Condition PodReady(RoutedSession? route) => route?.BoundPod switch
    {
        null => new Condition(PodReadyType, null, "NoPod", "there is no pod"),
        { IsReady: true } pod => new Condition(PodReadyType, true, "PodReady", $"pod {pod.Name} is ready"),
        { } pod => new Condition(PodReadyType, false, PodCause.Find(pod)?.Reason ?? "PodNotReady", RouteDescription.DescribePod(pod)),
    };

    /// <summary>Which objects with keys are missing, and which key lines are skipped.</summary>
    public static Condition KeysValid(SessionState state)
    {
        if (state.Route is not { } route)
        {
            return new Condition(KeysValidType, null, "NotRouted", "the session has no route, so its keys are not read");
        }
        string authorities = route.TrustedUserCAKeys.Count == 0 ? "" : $" and certificates of {new Quantity(route.TrustedUserCAKeys.Count, "CA")}";
        bool anybody = route.AuthorizedKeys.Count + route.TrustedUserCAKeys.Count > 0;
        return route.MissingKeys.Count > 0
            ? new Condition(KeysValidType, false, "KeysMissing", string.Join("; ", route.MissingKeys.Concat(route.SkippedKeys)))
            : route.SkippedKeys.Count == 0
            ? new Condition(KeysValidType, anybody, anybody ? "KeysValid" : "NoKeys", $"{new Quantity(route.AuthorizedKeys.Count, "key")}{authorities} may log in")
            : new Condition(KeysValidType, false, "KeysSkipped", string.Join("; ", route.SkippedKeys));
    }
}

/// <summary>What a condition says, before it is compared with what it said.</summary>
internal readonly record struct Condition(string Type, bool? Holds, string Reason, string Message);
