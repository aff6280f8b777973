using SshGateway.Shared.Tls;

namespace SshGateway.Shared.Grpc;

/// <summary>Who may sign the server's certificate, and the bearer token that says who the client is.</summary>
public sealed class GrpcCredentials(CertificateAuthorities authorities, string token)
{
    public CertificateAuthorities Authorities { get; } = authorities;

    public string Token { get; } = token;
}
