using SshGateway.Operator.Model;

namespace SshGateway.Operator.Routing;

/// <summary>Where the exec relay runs commands in a pod, and how. What is empty is for the relay to find.</summary>
/// <param name="Container">The container's name; empty while there is no pod and the session names none.</param>
internal sealed record ExecTarget(string Container, string Shell, string SftpServer, IReadOnlyList<string> AcceptEnv)
{
    /// <summary>Null: the pod has an sshd.</summary>
    /// <param name="isValid">Whether the spec breaks no rule; otherwise nothing of it is used but its backend.</param>
    public static ExecTarget? Find(SessionSpec? spec, Pod? pod, bool isValid)
    {
        if (!SessionRules.IsExec(spec))
        {
            return null;
        }
        ExecSpec exec = isValid && spec?.Exec is { } own ? own : new ExecSpec();
        return new ExecTarget(
            exec.Container ?? FindDefaultContainer(pod) ?? "", exec.Shell ?? "", exec.SftpServer ?? "", [.. exec.AcceptEnv?.OfType<string>() ?? []]);
    }

    /// <summary>Whether the pod has the container.</summary>
    public bool IsIn(Pod pod) => HasContainer(pod, Container);

    /// <summary>Whether the container runs and is ready. Other containers do not matter.</summary>
    public bool IsReady(Pod pod) => FindStatus(pod) is { Ready: true, State.Running: not null };

    /// <summary>What the pod's status says of the container; null: nothing yet.</summary>
    public ContainerStatus? FindStatus(Pod pod) => pod.Status?.ContainerStatuses?.FirstOrDefault(status => status?.Name == Container);

    // As kubectl does it: an annotation that names no container of the pod does not count.
    private static string? FindDefaultContainer(Pod? pod) =>
        pod is null ? null
        : pod.Metadata?.Annotations?.DefaultContainer is { } named && HasContainer(pod, named) ? named
        : pod.Spec?.Containers is [{ } first, ..] ? first.Name
        : null;

    private static bool HasContainer(Pod pod, string name) => pod.Spec?.Containers?.Any(container => container?.Name == name) ?? false;
}
