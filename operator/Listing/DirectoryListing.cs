using SshGateway.Operator.Kubernetes.Status;
using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;
using SshGateway.Operator.Yaml;

namespace SshGateway.Operator.Listing;

/// <summary>The sessions of a directory, with the status that they would have at an API server.</summary>
internal static class DirectoryListing
{
    public static async Task<ListedTable> ReadAsync(DirectorySource source, RoutingOptions options, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // The first changes are everything that there is.
        await foreach (ClusterChanges changes in source.ReadAsync(cancellationToken))
        {
            IEnumerable<SessionState> states = new SessionRouter(options).Apply(changes).States.Values.OfType<SessionState>();
            return SessionColumns.CreateTable(states.Select(state => state.Session with { Status = StatusComposer.Compose(state, usage: null, hostKey: null, now) }), now);
        }
        return SessionColumns.CreateTable([], now);
    }
}
