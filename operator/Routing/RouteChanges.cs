using SshGateway.Operator.Model;

namespace SshGateway.Operator.Routing;

/// <summary>What a batch of changes of the cluster means for the routes.</summary>
/// <param name="Routed">The routes that came or may have changed, in the order of their ids.</param>
/// <param name="Gone">The session ids that are no session's any more.</param>
/// <param name="States">Each session of which something may have changed; null: it is gone.</param>
/// <param name="Faults">The sessions that could not be routed for a fault of ours, and are refused.</param>
internal sealed record RouteChanges(
    IReadOnlyList<RoutedSession> Routed, IReadOnlyList<string> Gone, IReadOnlyDictionary<ObjectKey, SessionState?> States,
    IReadOnlyList<RoutingFault> Faults)
{
    /// <summary>The cluster was put back to an earlier state: its versions began anew.</summary>
    public bool IsHistoryNew { get; init; }
}

/// <summary>What there is to say of one session, and what its status is computed from.</summary>
/// <param name="Route">Its route; null when it has none, because its name is no session id or <paramref
/// name="Conflict"/> is there.</param>
/// <param name="Conflict">Why it does not have its id; null: nothing keeps it from it.</param>
/// <param name="Problem">Why the spec of its newest version cannot be read; the route is that of the version
/// before.</param>
internal sealed record SessionState(ClaudeSession Session, RoutedSession? Route, IdConflict? Conflict, string? Problem);

/// <summary>A session that made our code fail.</summary>
internal sealed record RoutingFault(ObjectKey Session, Exception Exception);
