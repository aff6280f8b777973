using SshGateway.Hosting.Tls;

namespace SshGateway.Proxy.Feed;

/// <summary>Who may sign the operator's certificate, and the bearer token that says who the proxy is.</summary>
internal sealed class OperatorCredentials(CertificateAuthorities authorities, string token)
{
    public CertificateAuthorities Authorities { get; } = authorities;

    public string Token { get; } = token;
}
