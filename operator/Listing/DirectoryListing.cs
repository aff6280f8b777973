using SshGateway.Operator.Kubernetes.Status;
using SshGateway.Operator.Manifests;
using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;

namespace SshGateway.Operator.Listing;

/// <summary>The sessions of a directory, with the status that they would have at an API server.</summary>
internal static class DirectoryListing
{
    public static async Task<ListedTable> ReadAsync(DirectorySource source, RoutingOptions options, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await foreach (ClusterObjects objects in source.ReadAsync(cancellationToken))
        {
            IReadOnlyDictionary<ObjectKey, SessionState> states = SessionState.Of(objects, RoutingFunction.Route(objects, options));
            return SessionColumns.Of(states.Values.Select(state => state.Session with { Status = StatusComposer.Compose(state, now) }), now);
        }
        return SessionColumns.Of([], now);
    }
}
