using SshGateway.Operator.Routing;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>The PodReady condition: whether the pod is ready, or the deepest known cause of why not.</summary>
internal static class PodReadyCondition
{
    private const string Type = "PodReady";

    public static Condition Create(RoutedSession? route) => route?.BoundPod switch
    {
        null => new Condition(Type, null, "NoPod", "there is no pod"),
        { IsReady: true } pod => new Condition(Type, true, "PodReady", $"pod {pod.Name} is ready"),
        { } pod => new Condition(Type, false, PodCause.Find(pod)?.Reason ?? "PodNotReady", RouteDescription.DescribePod(pod)),
    };
}
