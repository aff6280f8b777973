using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>What a session's status is computed from.</summary>
/// <param name="Session">The session.</param>
/// <param name="Route">Its route; null when it has none, because its name is no session id or belongs to <paramref name="Winner"/>.</param>
/// <param name="Winner">The session of another namespace that has the id.</param>
internal sealed record SessionState(ClaudeSession Session, RoutedSession? Route, ObjectKey? Winner)
{
    public static IReadOnlyDictionary<ObjectKey, SessionState> Of(ClusterObjects objects, IReadOnlyList<RoutedSession> routes)
    {
        var bySessionId = routes.ToDictionary(r => r.SessionId, StringComparer.Ordinal);
        return objects.Sessions.ToDictionary(s => s.Key, session =>
        {
            RoutedSession? route = bySessionId.GetValueOrDefault(session.Name);
            return route is null || route.Namespace == session.Namespace
                ? new SessionState(session, route, null)
                : new SessionState(session, null, session.Key with { Namespace = route.Namespace });
        });
    }
}
