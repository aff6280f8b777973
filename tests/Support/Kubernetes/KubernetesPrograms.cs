namespace SshGateway.Tests.Support.Kubernetes;

/// <summary>The kube-apiserver, etcd and kubectl of this machine, as scripts/cluster/build finds them.</summary>
internal sealed record KubernetesPrograms(string KubeApiServer, string Etcd, string Kubectl)
{
    private static readonly Lazy<(KubernetesPrograms? Programs, string? Problem)> Found = new(Find);

    /// <summary>Why they cannot be had; null when they can.</summary>
    public static string? Problem => Found.Value.Problem;

    public static KubernetesPrograms Here => Found.Value.Programs!;

    private static (KubernetesPrograms? Programs, string? Problem) Find()
    {
        (IReadOnlyDictionary<string, string>? paths, string? problem) = ProgramScript.Find(Repository.File("scripts/cluster/build"));
        return (paths is null ? null : new KubernetesPrograms(paths["KUBE_APISERVER"], paths["ETCD"], paths["KUBECTL"]), problem);
    }
}
