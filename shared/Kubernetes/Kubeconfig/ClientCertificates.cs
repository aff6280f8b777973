using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SshGateway.Kubernetes.Kubeconfig;

/// <summary>Client certificates in PEM, as kubeconfigs and exec plugins have them.</summary>
internal static class ClientCertificates
{
    /// <param name="certificates">The client's own certificate, and behind it those between it and the CA that the
    /// server knows.</param>
    /// <exception cref="CryptographicException">They cannot be used. The message says why, and nothing of the
    /// key.</exception>
    public static SslStreamCertificateContext Read(string certificates, string key)
    {
        var own = X509Certificate2.CreateFromPem(certificates, WithoutParameters(key));
        var all = new X509Certificate2Collection();
        all.ImportFromPem(certificates);
        // The chain is sent as it is written: what the server needs of it, only its owner knows.
        return SslStreamCertificateContext.Create(own, [.. all.Skip(1)], offline: true);
    }

    // openssl ecparam writes the curve before the key, which names it as well.
    private static string WithoutParameters(string key)
    {
        const string End = "-----END EC PARAMETERS-----";
        int end = key.IndexOf(End, StringComparison.Ordinal);
        return end < 0 ? key : key[(end + End.Length)..];
    }
}
