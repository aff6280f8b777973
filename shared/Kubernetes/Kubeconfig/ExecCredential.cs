using System.Text.Json;
using System.Text.Json.Serialization;

namespace SshGateway.Kubernetes.Kubeconfig;

/// <summary>
/// What an exec plugin is told (<c>spec</c>) and what it prints (<c>status</c>): client.authentication.k8s.io.
/// </summary>
internal sealed record ExecCredential(
    string? ApiVersion, string? Kind = nameof(ExecCredential), ExecCredential.SpecPart? Spec = null, ExecCredential.StatusPart? Status = null)
{
    internal sealed record SpecPart(ClusterPart? Cluster, bool Interactive = false);

    /// <summary>The cluster, for plugins that ask for it.</summary>
    /// <param name="CertificateAuthorityData">PEM, in base64.</param>
    /// <param name="Config">The cluster's extension for plugins, as it is in the kubeconfig.</param>
    internal sealed record ClusterPart(
        string? Server,
        [property: JsonPropertyName("tls-server-name")] string? TlsServerName,
        [property: JsonPropertyName("insecure-skip-tls-verify")] bool InsecureSkipTlsVerify,
        [property: JsonPropertyName("certificate-authority-data")] string? CertificateAuthorityData,
        [property: JsonPropertyName("proxy-url")] string? ProxyUrl,
        JsonElement? Config);

    /// <summary>The credential.</summary>
    /// <param name="ExpirationTimestamp">Null: good until the server refuses it.</param>
    internal sealed record StatusPart(
        string? Token, string? ClientCertificateData, string? ClientKeyData, DateTimeOffset? ExpirationTimestamp);
}
