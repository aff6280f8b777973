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
