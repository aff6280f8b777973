using SshGateway.Hosting;
using SshGateway.Hosting.Tls;

namespace SshGateway.Kubernetes.ApiServer;

/// <summary>What kubelet gives every pod: the API server's address and a ServiceAccount's files.</summary>
internal static class InClusterAccess
{
    public const string DefaultDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>The namespace of the pod that this is; null outside of a cluster.</summary>
    public static string? ReadNamespace(string directory)
    {
        string file = Path.Combine(directory, "namespace");
        return File.Exists(file) ? File.ReadAllText(file).Trim() : null;
    }

    /// <param name="host"><c>KUBERNETES_SERVICE_HOST</c>.</param>
    /// <param name="port"><c>KUBERNETES_SERVICE_PORT</c>.</param>
    /// <param name="directory">Where the ServiceAccount's files are.</param>
    /// <exception cref="ConfigurationException">The files are not there.</exception>
    public static ApiServerAccess Read(string host, string? port, string directory, TimeProvider time)
    {
        string token = Path.Combine(directory, "token");
        string authorities = Path.Combine(directory, "ca.crt");
        foreach (string file in new[] { token, authorities })
        {
            if (!File.Exists(file))
            {
                throw new ConfigurationException(
                    [$"this seems to be a pod (KUBERNETES_SERVICE_HOST is set), and {file} is not there; give the pod a ServiceAccount and automountServiceAccountToken: true"]);
            }
        }
        // A bare IPv6 address needs brackets in a URL (RFC 3986 section 3.2.2).
        string authority = host.Contains(':', StringComparison.Ordinal) && !host.StartsWith('[') ? $"[{host}]" : host;
        return new ApiServerAccess
        {
            Origin = $"the pod's ServiceAccount ({directory})",
            Server = new Uri($"https://{authority}:{port ?? "443"}/"),
            Authorities = CertificateAuthorities.FromFile(authorities, time),
            Credentials = new TokenFile(token, clientCertificate: null, time),
        };
    }
}
