using SshGateway.Hosting;

namespace SshGateway.Operator.Kubernetes.Credentials;

/// <summary>
/// Chooses where the access to the API server is described: Operator:Kubeconfig, else KUBECONFIG, else the pod's own
/// ServiceAccount, else ~/.kube/config.
/// </summary>
internal static class AccessReader
{
    /// <exception cref="ConfigurationException">It is described nowhere, or in a way that cannot be used.</exception>
    public static ApiServerAccess Read(string kubeconfig, IConfiguration environment, TimeProvider time)
    {
        if (kubeconfig.Length > 0)
        {
            return KubeconfigReader.Read(kubeconfig, time);
        }
        if (environment["KUBECONFIG"] is { Length: > 0 } list)
        {
            return KubeconfigReader.Read(list, time);
        }
        if (environment["KUBERNETES_SERVICE_HOST"] is { Length: > 0 } host)
        {
            return InClusterAccess.Read(host, environment["KUBERNETES_SERVICE_PORT"], InClusterAccess.DefaultDirectory, time);
        }
        string ofUser = Path.Combine(environment["HOME"] ?? "", ".kube", "config");
        return File.Exists(ofUser)
            ? KubeconfigReader.Read(ofUser, time)
            : throw new ConfigurationException(
                [$"Operator:Source is Kubernetes, and nothing says how to reach its API server: write Operator:Kubeconfig (or KUBECONFIG, or {ofUser}), or run in a pod"]);
    }
}
