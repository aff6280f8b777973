namespace SshGateway.Exec.ApiServer;

/// <summary>Refuses a pod in which the session does not run, before a command starts in it.</summary>
internal static class PodRules
{
    /// <exception cref="ApiServerException">It is another pod, does not run, or has no such container.</exception>
    public static void Check(PodObject? pod, PodTarget target, string container)
    {
        if (pod?.Metadata?.Uid is not { Length: > 0 } uid || uid != target.Uid)
        {
            throw new ApiServerException(
                ApiServerFailure.UidDiffers, $"Pod {target.Name} is not the session's pod any more: another pod has its name. Try again.");
        }
        switch (pod.Status?.Phase)
        {
            case "Succeeded" or "Failed":
                throw new ApiServerException(ApiServerFailure.Gone, $"Pod {target.Name} has ended.");
            case "Pending":
                throw new ApiServerException(ApiServerFailure.Unavailable, $"Pod {target.Name} has not started yet. Try again.");
        }
        IEnumerable<PodObject.Container?> containers =
            [.. pod.Spec?.Containers ?? [], .. pod.Spec?.InitContainers ?? [], .. pod.Spec?.EphemeralContainers ?? []];
        if (container.Length > 0 && !containers.Any(c => c?.Name == container))
        {
            throw new ApiServerException(ApiServerFailure.NoContainer, $"Pod {target.Name} has no container {container}.");
        }
    }
}
