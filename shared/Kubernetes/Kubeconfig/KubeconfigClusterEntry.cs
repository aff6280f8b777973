using System.Net;
using System.Text;
using System.Text.Json;
using SshGateway.Hosting.Tls;
using SshGateway.Kubernetes.ApiServer;

namespace SshGateway.Kubernetes.Kubeconfig;

/// <summary>A cluster of a kubeconfig: its API server, and how it is known. An empty field counts as absent.</summary>
internal sealed class KubeconfigClusterEntry(KubeconfigCluster cluster, KubeconfigOrigin origin)
{
    // https://kubernetes.io/docs/reference/config-api/client-authentication.v1, Cluster.config.
    private const string PluginExtension = "client.authentication.k8s.io/exec";

    public string? TlsServerName => NullIfEmpty(cluster.TlsServerName) is not { } name ? null
        : Uri.CheckHostName(name) != UriHostNameType.Unknown ? name
        : throw origin.Fault($"tls-server-name is \"{name}\"; write the host name in the server's certificate");

    public bool InsecureSkipTlsVerify => cluster.InsecureSkipTlsVerify ?? false;

    public Uri ReadServer()
    {
        string address = cluster.Server ?? "";
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? server)
            || server.Scheme is not ("https" or "http") || server.Host.Length == 0)
        {
            throw origin.Fault($"server is \"{WithoutPassword(address)}\"; write a URL such as https://127.0.0.1:6443");
        }
        return server.UserInfo.Length == 0
            ? new Uri(server.AbsoluteUri.TrimEnd('/') + "/")
            : throw origin.Fault($"server is \"{WithoutPassword(address)}\"; write who it is in users, not in the address");
    }

    public WebProxy? ReadProxy() => NullIfEmpty(cluster.ProxyUrl) is not { } url ? null
        : HttpProxies.Parse(url) ?? throw origin.Fault($"proxy-url is \"{WithoutPassword(url)}\"; write a URL that begins with http://, https:// or socks5://");

    public CertificateAuthorities? ReadAuthorities(TimeProvider time)
    {
        string? pem = origin.ReadPem("certificate-authority", cluster.CertificateAuthorityData, cluster.CertificateAuthority);
        if (pem is not null && InsecureSkipTlsVerify)
        {
            throw origin.Fault("has a certificate authority and insecure-skip-tls-verify; remove one of the two");
        }
        return pem is null ? null
            : NullIfEmpty(cluster.CertificateAuthority) is { } path ? CertificateAuthorities.FromFile(origin.Resolve(path), time)
            : CertificateAuthorities.FromPem(pem, $"{origin.Name}: certificate-authority-data", time);
    }

    /// <summary>What an exec plugin is told when it asks for the cluster.</summary>
    public ExecCredential.ClusterPart Describe() => new(
        cluster.Server, TlsServerName, InsecureSkipTlsVerify,
        origin.ReadPem("certificate-authority", cluster.CertificateAuthorityData, cluster.CertificateAuthority) is { } pem
            ? Convert.ToBase64String(Encoding.UTF8.GetBytes(pem)) : null,
        NullIfEmpty(cluster.ProxyUrl),
        cluster.Extensions?.FirstOrDefault(e => e?.Name == PluginExtension) is { Value: { ValueKind: not JsonValueKind.Undefined } value } ? value : null);

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    // Whatever is wrong with a URL, what stands before its last @ may be a password.
    private static string WithoutPassword(string url)
    {
        int at = url.LastIndexOf('@');
        int start = url.IndexOf("//", StringComparison.Ordinal) is >= 0 and int slashes && slashes < at ? slashes + 2 : 0;
        return at < 0 ? url : $"{url[..start]}***{url[at..]}";
    }
}
