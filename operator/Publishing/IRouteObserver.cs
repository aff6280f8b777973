using SshGateway.Operator.Routing;

namespace SshGateway.Operator.Publishing;

/// <summary>Is told of every change after the table has it; must not block.</summary>
internal interface IRouteObserver
{
    void Observe(RouteChanges changes);
}
