using System.Net.Security;

namespace SshGateway.Kubernetes.ApiServer;

/// <summary>What proves to the API server who we are.</summary>
internal interface ICredentialSource
{
    /// <summary>For the TLS handshake, with its chain; null: none. Another certificate is another object.</summary>
    SslStreamCertificateContext? ClientCertificate { get; }

    /// <summary>The bearer token; null when there is none. Asked for before every request.</summary>
    ValueTask<string?> GetTokenAsync(CancellationToken cancellationToken);

    /// <summary>The server refused it: the next token is read anew.</summary>
    void Invalidate();
}

/// <summary>A token and a certificate that the configuration itself holds, or neither.</summary>
internal sealed class FixedCredential(string? token, SslStreamCertificateContext? clientCertificate) : ICredentialSource
{
    public SslStreamCertificateContext? ClientCertificate => clientCertificate;

    public ValueTask<string?> GetTokenAsync(CancellationToken cancellationToken) => ValueTask.FromResult(token);

    public void Invalidate()
    {
        // There is no other one.
    }
}
