using Microsoft.Extensions.Configuration;
using SshGateway.Hosting;
using SshGateway.Kubernetes.ApiServer;

namespace SshGateway.Kubernetes.Kubeconfig;

/// <summary>
/// Chooses where the access to the API server is described: the setting Kubeconfig, else KUBECONFIG, else the pod's own
/// ServiceAccount, else ~/.kube/config.
/// </summary>
internal static class AccessReader
{
    /// <param name="kubeconfig">The setting's value.</param>
    /// <param name="setting">Its name, for the error.</param>
    /// <exception cref="ConfigurationException">It is described nowhere, or in a way that cannot be used.</exception>
    public static ApiServerAccess Read(string kubeconfig, string setting, IConfiguration environment, TimeProvider time)
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
                [$"nothing says how to reach the API server: write {setting} (or KUBECONFIG, or {ofUser}), or run in a pod"]);
    }
}
