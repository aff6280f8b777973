using SshGateway.Operator.Feed;
using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;
using SshGateway.Operator.Table;

namespace SshGateway.Operator.Publishing;

/// <summary>Moves every state of the source through the routing function into the table, which streams it.</summary>
internal sealed class TablePublisher(
    IClusterSource source, RoutingOptions options, EndpointTable table, IEnumerable<IRouteObserver> observers, ILogger<TablePublisher> logger) : BackgroundService
{
    private Dictionary<string, RoutedSession> _published = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (ClusterObjects objects in source.ReadAsync(stoppingToken))
        {
            IReadOnlyList<RoutedSession> routes = RoutingFunction.Route(objects, options);
            Publish(routes);
            foreach (IRouteObserver observer in observers)
            {
                observer.Observe(objects, routes);
            }
        }
    }

    private void Publish(IReadOnlyList<RoutedSession> sessions)
    {
        table.Replace([.. sessions.Select(EntryEncoding.Encode)]);

        Dictionary<string, RoutedSession> previous = _published;
        _published = sessions.ToDictionary(s => s.SessionId, StringComparer.Ordinal);
        foreach (RoutedSession session in sessions)
        {
            previous.Remove(session.SessionId, out RoutedSession? earlier);
            if (!IsSameRoute(session, earlier))
            {
                PublishingLog.Routed(logger, session.SessionId, session.State, session.Reason, session.Binding, session.PodName, session.Address);
            }
            foreach (string problem in session.Problems.Except(earlier?.Problems ?? []))
            {
                PublishingLog.Problem(logger, session.Namespace, session.SessionId, problem);
            }
        }
        foreach (string sessionId in previous.Keys)
        {
            PublishingLog.Gone(logger, sessionId);
        }
    }

    private static bool IsSameRoute(RoutedSession session, RoutedSession? earlier) =>
        earlier is not null
        && (session.State, session.Reason, session.Binding, session.PodUid) == (earlier.State, earlier.Reason, earlier.Binding, earlier.PodUid)
        && Equals(session.Address, earlier.Address);
}
