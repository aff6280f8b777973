using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;

namespace SshGateway.Operator.Publishing;

/// <summary>Is told of every state after the table has it; must not block.</summary>
internal interface IRouteObserver
{
    void Observe(ClusterObjects objects, IReadOnlyList<RoutedSession> routes);
}
