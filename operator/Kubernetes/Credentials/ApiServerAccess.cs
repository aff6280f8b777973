using System.Net;
using SshGateway.Hosting.Tls;

namespace SshGateway.Operator.Kubernetes.Credentials;

/// <summary>How the API server is reached, and as whom.</summary>
internal sealed record ApiServerAccess
{
    public required Uri Server { get; init; }

    /// <summary>Where this was read from, for the log and for errors.</summary>
    public required string Origin { get; init; }

    public required ICredentialSource Credentials { get; init; }

    /// <summary>Who may sign the server's certificate; null: whom the machine trusts.</summary>
    public CertificateAuthorities? Authorities { get; init; }

    /// <summary>The name in the server's certificate; null: the name in <see cref="Server"/>.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>The server's certificate is not checked at all.</summary>
    public bool InsecureSkipTlsVerify { get; init; }

    /// <summary>The proxy in between, with its password; null: what the environment says.</summary>
    public WebProxy? Proxy { get; init; }
}
