using SshGateway.Operator.Model;

namespace SshGateway.Operator.Routing;

/// <summary>The deepest cause that is known of why a pod is not ready.</summary>
/// <param name="Reason">One word, such as ImagePullBackOff.</param>
internal sealed record PodCause(string Reason, string Message)
{
    /// <summary>Null: the pod's status names none.</summary>
    public static PodCause? Find(Pod pod) => Causes(pod).FirstOrDefault();

    private static IEnumerable<PodCause> Causes(Pod pod)
    {
        IEnumerable<ContainerStatus> containers = [.. pod.Status?.InitContainerStatuses ?? [], .. pod.Status?.ContainerStatuses ?? []];
        foreach (ContainerStatus container in containers)
        {
            // PodInitializing and ContainerCreating are the normal course of things, and say nothing.
            if (container?.State?.Waiting is { Reason: { } reason and not ("PodInitializing" or "ContainerCreating") } waiting)
            {
                yield return new PodCause(reason, $"container {container.Name}: {waiting.Message ?? reason}");
            }
            else if (container?.State?.Terminated is { Reason: { } end and not "Completed" } terminated)
            {
                yield return new PodCause(end, $"container {container.Name} has ended: {terminated.Message ?? end}");
            }
        }
        foreach (PodCondition condition in pod.Status?.Conditions ?? [])
        {
            if (condition is { Type: "PodScheduled", Status: "False" } or { Type: "Ready", Reason: not null, Status: "False" })
            {
                yield return new PodCause(condition.Reason ?? "Unschedulable", condition.Message ?? condition.Reason ?? "the pod is not scheduled");
            }
        }
    }
}
