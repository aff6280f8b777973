using System.Security.Cryptography;
using System.Text;
using SshGateway.Proxy.Authentication;
using SshGateway.Proxy.Outcomes;
using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Proxy.Pods;

/// <summary>
/// Signs the certificate with which the gateway logs in at a pod: OpenSSH PROTOCOL.certkeys. Its principal is the
/// session id, so that a pod that lists only its own id refuses a connection that was routed to it by mistake; its key
/// id names the real person in the pod's log. What the client's own certificate does not permit, or forces, this one
/// does not either.
/// </summary>
internal sealed class UserCertificateAuthority(SshPrivateKey caKey, TimeProvider time) : IPodCredentials
{
    private const int NonceSize = 32;

    // Some CAs write essays there, and the pod's log has one line for it.
    private const int KeyIdShown = 128;

    // Clocks of nodes differ.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    // Checked by sshd at login only; the session may last as long as it likes.
    private static readonly TimeSpan Validity = TimeSpan.FromMinutes(5);

    // Of all its certificates: whoever gets at one gets at the CA's, and making one costs as much as a signature. The
    // second one is for pods in FIPS mode.
    private readonly SshPrivateKey[] _keys = [Ed25519PrivateKey.Generate(), EcdsaPrivateKey.Generate()];

    public SshPublicKey PublicKey => caKey.PublicKey;

    public bool IsQuick => caKey.PreferredAlgorithm.IsQuick;

    public string Kind => "certificate";

    public string Remedy =>
        $"CA {PublicKey.Fingerprint}; the pod needs TrustedUserCAKeys with this CA and AuthorizedPrincipalsFile with the session id";

    public Result<PodCredential[]> Create(AuthenticatedClient client) => (PodCredential[])
    [
        .. _keys.Select(key =>
        {
            string algorithm = PublicKeyAlgorithm.CertificateName(key.PublicKey.Type);
            return new PodCredential(algorithm, key.PreferredAlgorithm, key, () => Certify(client, algorithm, key.PublicKey));
        }),
    ];

    //  string  "ssh-ed25519-cert-v01@openssh.com" or "ecdsa-sha2-nistp256-cert-v01@openssh.com"
    //  string  nonce
    //  ....    the fields of the key
    //  uint64  serial
    //  uint32  type
    //  string  key id
    //  string  valid principals
    //  uint64  valid after
    //  uint64  valid before
    //  string  critical options
    //  string  extensions
    //  string  reserved
    //  string  signature key
    //  string  signature
    private byte[] Certify(AuthenticatedClient client, string algorithm, SshPublicKey key)
    {
        DateTimeOffset now = time.GetUtcNow();
        var publicKey = new SshReader(key.Blob.Span);
        publicKey.ReadString();
        SshWriter certificate = new SshWriter(1024)
            .WriteString(algorithm)
            .WriteString(RandomNumberGenerator.GetBytes(NonceSize))
            .WriteBytes(publicKey.ReadRest())
            .WriteUInt64(0)
            .WriteUInt32((uint)CertificateType.User)
            .WriteString(KeyId(client))
            .WriteString(new SshWriter().WriteString(client.Entry.SessionId).Written)
            .WriteUInt64((ulong)(now - ClockSkew).ToUnixTimeSeconds())
            .WriteUInt64((ulong)(now + Validity).ToUnixTimeSeconds())
            .WriteString(CriticalOptions(client.Certificate))
            .WriteString(Extensions(client.Certificate))
            .WriteString("")
            .WriteString(caKey.PublicKey.Blob.Span);
        return certificate.WriteString(caKey.Sign(certificate.Written)).ToArray();
    }

    // source-address was checked against the client's address, and the pod sees ours; verify-required was checked on
    // the client's signature.
    private static ReadOnlySpan<byte> CriticalOptions(SshCertificate? client) =>
        client is not null && client.CriticalOptions.TryGetValue(CertificateOptions.ForceCommand, out byte[]? command)
            ? new SshWriter().WriteString(CertificateOptions.ForceCommand).WriteString(command).Written
            : [];

    private static ReadOnlySpan<byte> Extensions(SshCertificate? client)
    {
        var extensions = new SshWriter();
        foreach (string permission in CertificateOptions.Permissions)
        {
            if (client is null || client.Extensions.ContainsKey(permission))
            {
                extensions.WriteString(permission).WriteString("");
            }
        }
        return extensions.Written;
    }

    // A session id is a DNS label, a fingerprint base64, an address and a connection's id digits and punctuation: of
    // all that is here, only a CA's words need escaping.
    private static string KeyId(AuthenticatedClient client)
    {
        string login = $"session={client.Entry.SessionId} client={client.Key.Fingerprint} from={client.Address.Address} connection={client.ConnectionId}";
        return client.Certificate is { } certificate
            ? $"{login} certificate={Escape(certificate.KeyId)} serial={certificate.Serial} ca={certificate.SignatureKey.Fingerprint}"
            : login;
    }

    private static string Escape(string keyId) => string.Concat(Encoding.UTF8.GetBytes(keyId).Take(KeyIdShown)
        .Select(value => char.IsAsciiLetterOrDigit((char)value) || "-._~@:/+".Contains((char)value) ? $"{(char)value}" : $"%{value:X2}"));
}
