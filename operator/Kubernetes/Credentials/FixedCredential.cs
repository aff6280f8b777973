using System.Security.Cryptography.X509Certificates;

namespace SshGateway.Operator.Kubernetes.Credentials;

/// <summary>A token and a certificate that the configuration itself holds, or neither.</summary>
internal sealed class FixedCredential(string? token, X509Certificate2? clientCertificate) : ICredentialSource
{
    public X509Certificate2? ClientCertificate => clientCertificate;

    public ValueTask<string?> GetTokenAsync(CancellationToken cancellationToken) => ValueTask.FromResult(token);

    public void Invalidate()
    {
        // There is no other one.
    }
}
