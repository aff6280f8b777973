using SshGateway.Feed;
using SshGateway.Operator.Routing;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>The PodBound condition: whether a pod is the session's.</summary>
internal static class PodBoundCondition
{
    private const string Type = "PodBound";

    public static Condition Create(SessionState state) => state.Route is { } route
        ? new Condition(Type, route.Binding == BindingReasons.Bound, route.Binding, RouteDescription.DescribeBinding(route))
        : new Condition(Type, null, "NotRouted", "the session has no route, so no pod is looked for");
}
