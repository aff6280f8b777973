using System.Security.Cryptography;
using SshGateway.Proxy.Authentication;
using SshGateway.Shared.Ssh;
using SshGateway.Shared.Ssh.Keys;

namespace SshGateway.Proxy.Pods;

/// <summary>
/// Signs the certificate with which the gateway logs in at a pod: OpenSSH PROTOCOL.certkeys. Its principal is the session id, so that a pod
/// that lists only its own id refuses a connection that was routed to it by mistake; its key id names the real person in the pod's log.
/// </summary>
internal sealed class UserCertificateAuthority(SshPrivateKey caKey, TimeProvider time)
{
    private const uint UserCertificateType = 1;
    private const int NonceSize = 32;

    // Clocks of nodes differ.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    // Checked by sshd at login only; the session may last as long as it likes.
    private static readonly TimeSpan Validity = TimeSpan.FromMinutes(5);

    // What a normal login has; the format demands this order.
    private static readonly string[] Extensions =
        ["permit-X11-forwarding", "permit-agent-forwarding", "permit-port-forwarding", "permit-pty", "permit-user-rc"];

    private readonly SignatureAlgorithm _algorithm = SignatureAlgorithm.OfKeyType(caKey.PublicKey.Type).First();

    public SshPublicKey PublicKey => caKey.PublicKey;

    //  string  "ssh-ed25519-cert-v01@openssh.com"
    //  string  nonce
    //  string  pk
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
    public UserCertificate Issue(AuthenticatedClient client)
    {
        var key = Ed25519PrivateKey.Generate();
        DateTimeOffset now = time.GetUtcNow();
        var publicKey = new SshReader(key.PublicKey.Blob.Span);
        publicKey.ReadString();
        var extensions = new SshWriter();
        foreach (string extension in Extensions)
        {
            extensions.WriteString(extension).WriteString("");
        }
        SshWriter certificate = new SshWriter(1024)
            .WriteString(UserCertificate.Algorithm)
            .WriteString(RandomNumberGenerator.GetBytes(NonceSize))
            .WriteString(publicKey.ReadString())
            .WriteUInt64(0)
            .WriteUInt32(UserCertificateType)
            .WriteString(KeyId(client))
            .WriteString(new SshWriter().WriteString(client.Entry.SessionId).Written)
            .WriteUInt64((ulong)(now - ClockSkew).ToUnixTimeSeconds())
            .WriteUInt64((ulong)(now + Validity).ToUnixTimeSeconds())
            .WriteString("")
            .WriteString(extensions.Written)
            .WriteString("")
            .WriteString(caKey.PublicKey.Blob.Span);
        certificate.WriteString(caKey.Sign(_algorithm, certificate.Written));
        return new UserCertificate(certificate.ToArray(), key);
    }

    // A session id is a DNS label, a fingerprint base64, an address digits and punctuation: nothing in it needs escaping.
    private static string KeyId(AuthenticatedClient client) =>
        $"session={client.Entry.SessionId} client={client.Key.Fingerprint} from={client.Address.Address}";
}
