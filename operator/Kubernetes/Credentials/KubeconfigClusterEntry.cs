using System.Text;
using SshGateway.Hosting;
using SshGateway.Hosting.Tls;

namespace SshGateway.Operator.Kubernetes.Credentials;

/// <summary>A cluster of a kubeconfig, and where it stands: relative paths are relative to its file.</summary>
internal sealed record KubeconfigClusterEntry(KubeconfigCluster Cluster, string Origin, string File)
{
    private static readonly string[] ProxySchemes = ["http", "https", "socks5"];

    public Uri ReadServer() =>
        Uri.TryCreate(Cluster.Server, UriKind.Absolute, out Uri? server) && server.Scheme is "https" or "http"
            ? new Uri(server.AbsoluteUri.TrimEnd('/') + "/")
            : throw new ConfigurationException([$"{Origin}: server is \"{Cluster.Server}\"; write a URL such as https://127.0.0.1:6443"]);

    public Uri? ReadProxy()
    {
        if (string.IsNullOrEmpty(Cluster.ProxyUrl))
        {
            return null;
        }
        return Uri.TryCreate(Cluster.ProxyUrl, UriKind.Absolute, out Uri? proxy) && ProxySchemes.Contains(proxy.Scheme)
            ? proxy
            : throw new ConfigurationException([$"{Origin}: proxy-url is \"{Cluster.ProxyUrl}\"; write a URL that begins with http://, https:// or socks5://"]);
    }

    public CertificateAuthorities? ReadAuthorities(TimeProvider time)
    {
        bool hasAuthority = Cluster.CertificateAuthorityData is not null || Cluster.CertificateAuthority is not null;
        if (Cluster.InsecureSkipTlsVerify && hasAuthority)
        {
            throw new ConfigurationException([$"{Origin}: has a certificate authority and insecure-skip-tls-verify; remove one of the two"]);
        }
        return ReadAuthorityPem() is { } pem ? CertificateAuthorities.FromPem(pem, $"{Origin}: certificate-authority-data", time)
            : Cluster.CertificateAuthority is { } path ? ReadAuthorityFile(path, time)
            : null;
    }

    /// <summary>What an exec plugin is told when it asks for the cluster.</summary>
    public ExecCredential.ClusterPart Describe() => new()
    {
        Server = Cluster.Server,
        TlsServerName = Cluster.TlsServerName,
        InsecureSkipTlsVerify = Cluster.InsecureSkipTlsVerify,
        CertificateAuthorityData = Cluster.CertificateAuthorityData
            ?? (Cluster.CertificateAuthority is { } path ? Convert.ToBase64String(System.IO.File.ReadAllBytes(KubeconfigPath.Resolve(path, File))) : null),
        ProxyUrl = Cluster.ProxyUrl,
    };

    private string? ReadAuthorityPem() =>
        Cluster.CertificateAuthorityData is { } data ? Encoding.ASCII.GetString(KubeconfigData.Decode(data, $"{Origin}: certificate-authority-data")) : null;

    private CertificateAuthorities ReadAuthorityFile(string path, TimeProvider time)
    {
        path = KubeconfigPath.Resolve(path, File);
        return System.IO.File.Exists(path)
            ? CertificateAuthorities.FromFile(path, time)
            : throw new ConfigurationException([$"{Origin}: certificate-authority is {path}, and there is no such file"]);
    }
}
