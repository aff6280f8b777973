using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>
/// The PodReady condition: whether the pod is ready, or the deepest cause that is known of why it is not.
/// </summary>
internal static class PodReadyCondition
{
    private const string Type = "PodReady";

    public static Condition Create(RoutedSession? route)
    {
        if (route?.BoundPod is not { } pod)
        {
            return new Condition(Type, null, "NoPod", "there is no pod");
        }
        if (pod.IsReady)
        {
            return new Condition(Type, true, "PodReady", $"pod {pod.Name} is ready");
        }
        return Causes(pod).FirstOrDefault(new Condition(Type, false, "PodNotReady", $"pod {pod.Name} is in phase {pod.Status?.Phase ?? "Pending"} and not ready"));
    }

    private static IEnumerable<Condition> Causes(Pod pod)
    {
        IEnumerable<ContainerStatus> containers = [.. pod.Status?.InitContainerStatuses ?? [], .. pod.Status?.ContainerStatuses ?? []];
        foreach (ContainerStatus container in containers)
        {
            // PodInitializing and ContainerCreating are the normal course of things, and say nothing.
            if (container?.State?.Waiting is { Reason: { } reason and not ("PodInitializing" or "ContainerCreating") } waiting)
            {
                yield return new Condition(Type, false, reason, $"container {container.Name}: {waiting.Message ?? reason}");
            }
        }
        foreach (PodCondition condition in pod.Status?.Conditions ?? [])
        {
            if (condition is { Type: "PodScheduled", Status: "False" } or { Type: "Ready", Reason: not null, Status: "False" })
            {
                yield return new Condition(Type, false, condition.Reason ?? "Unschedulable", condition.Message ?? condition.Reason ?? "the pod is not scheduled");
            }
        }
    }
}
