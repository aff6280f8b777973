using System.Text.Json;
using System.Text.Json.Serialization;

namespace SshGateway.Operator.Kubernetes.Credentials;

/// <summary>
/// What an exec plugin is told (<c>spec</c>) and what it prints (<c>status</c>): client.authentication.k8s.io.
/// </summary>
internal sealed record ExecCredential
{
    public string? ApiVersion { get; init; }

    public string? Kind { get; init; }

    public SpecPart? Spec { get; init; }

    public StatusPart? Status { get; init; }

    /// <summary>What the plugin is told.</summary>
    internal sealed record SpecPart
    {
        public bool Interactive { get; init; }

        public ClusterPart? Cluster { get; init; }
    }

    /// <summary>The cluster, for plugins that ask for it.</summary>
    internal sealed record ClusterPart
    {
        public string? Server { get; init; }

        [JsonPropertyName("tls-server-name")]
        public string? TlsServerName { get; init; }

        [JsonPropertyName("insecure-skip-tls-verify")]
        public bool InsecureSkipTlsVerify { get; init; }

        /// <summary>PEM, in base64.</summary>
        [JsonPropertyName("certificate-authority-data")]
        public string? CertificateAuthorityData { get; init; }

        [JsonPropertyName("proxy-url")]
        public string? ProxyUrl { get; init; }

        /// <summary>The cluster's extension for plugins, as it is in the kubeconfig.</summary>
        public JsonElement? Config { get; init; }
    }

    /// <summary>The credential.</summary>
    internal sealed record StatusPart
    {
        public string? Token { get; init; }

        public string? ClientCertificateData { get; init; }

        public string? ClientKeyData { get; init; }

        /// <summary>Null: good until the server refuses it.</summary>
        public DateTimeOffset? ExpirationTimestamp { get; init; }
    }
}
