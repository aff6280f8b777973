using SshGateway.Proxy.Authentication;
using SshGateway.Proxy.Outcomes;
using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.Keys;

namespace SshGateway.Proxy.Pods;

/// <summary>
/// One key for all pods, which have it in authorized_keys: for pods whose sshd cannot be changed. Such a pod lets every
/// connection in that reaches it, and its log does not say whose it was.
/// </summary>
internal sealed class GatewayKey(SshPrivateKey key) : IPodCredentials
{
    private readonly PodCredential[] _credentials =
        [.. SignatureAlgorithm.OfKeyType(key.PublicKey.Type).Select(algorithm => new PodCredential(algorithm.Name, algorithm, key, () => key.PublicKey.Blob))];

    public SshPublicKey PublicKey => key.PublicKey;

    public string Kind => "key";

    public string Remedy => $"the pod needs {PublicKey.Fingerprint} in the authorized_keys of that user";

    public bool IsQuick => true;

    public Result<PodCredential[]> Create(AuthenticatedClient client)
    {
        if (client.Certificate is { } certificate && FindRestriction(certificate) is { } restriction)
        {
            return new Refusal(
                ConnectionEnd.CertificateRestricted,
                $"Your certificate {restriction}, which the gateway cannot pass on to the pod of session {client.Entry.SessionId}. Use a certificate without restrictions, or a key.");
        }
        return _credentials;
    }

    // What the other credential carries (UserCertificateAuthority), a key cannot.
    private static string? FindRestriction(SshCertificate certificate) =>
        certificate.CriticalOptions.ContainsKey(CertificateOptions.ForceCommand) ? "has a force-command"
        : CertificateOptions.Permissions.FirstOrDefault(permission => !certificate.Extensions.ContainsKey(permission)) is { } missing ? $"lacks {missing}"
        : null;
}
