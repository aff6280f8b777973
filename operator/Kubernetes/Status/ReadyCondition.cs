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
            string to = hostKey!.MismatchFrom is { } proxy ? $" to proxy {proxy}" : "";
            return new Condition(
                Type, false, ReadyReasons.HostKeyMismatch,
                $"pod {route.PodName} showed the host key {shown}{to} instead of {HostKeyCondition.Expected(route, hostKey)}; logins that meet it are refused");
        }
        return new Condition(Type, route.Reason == ReadyReasons.EndpointReady, route.Reason, RouteDescription.Describe(route));
    }
}
