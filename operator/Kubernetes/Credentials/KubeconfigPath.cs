namespace SshGateway.Operator.Kubernetes.Credentials;

/// <summary>Paths inside a kubeconfig are relative to its own directory.</summary>
internal static class KubeconfigPath
{
    public static string Resolve(string path, string kubeconfig) => Path.GetFullPath(path, Path.GetDirectoryName(kubeconfig)!);
}
