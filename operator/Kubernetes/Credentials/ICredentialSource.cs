using System.Security.Cryptography.X509Certificates;

namespace SshGateway.Operator.Kubernetes.Credentials;

/// <summary>What proves to the API server who we are.</summary>
internal interface ICredentialSource
{
    /// <summary>For the TLS handshake; null when there is none.</summary>
    X509Certificate2? ClientCertificate { get; }

    /// <summary>The bearer token; null when there is none. Asked for before every request.</summary>
    ValueTask<string?> GetTokenAsync(CancellationToken cancellationToken);

    /// <summary>The server refused it: the next token is read anew.</summary>
    void Invalidate();
}
