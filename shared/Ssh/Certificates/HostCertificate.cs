using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Certificates;

/// <summary>A certificate of a host key of our own, as <c>ssh-keygen -s -h</c> writes it beside the key.</summary>
internal sealed class HostCertificate
{
    // A key exchange later in the session has 8 KiB for the certificate, the signature and everything else
    // (PacketBatch, ControlReserve).
    private const int MaxSize = 4096;

    private readonly SshCertificate _certificate;

    private HostCertificate(SshCertificate certificate, byte[] blob) => (_certificate, Blob) = (certificate, blob);

    /// <summary>In the SSH wire format.</summary>
    public byte[] Blob { get; }

    /// <summary>The host key that it is about.</summary>
    public SshPublicKey Key => _certificate.Key;

    /// <summary>Reads the line of a certificate file and checks what clients will check.</summary>
    /// <exception cref="SshFormatException">Clients would refuse it; the message says why.</exception>
    public static HostCertificate ParseLine(string text)
    {
        string[] words = text.Split([' ', '\t', '\r', '\n'], 3, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 2 || !PublicKeyAlgorithm.IsCertificateName(words[0]))
        {
            throw new SshFormatException("it is no certificate; ssh-keygen -s <CA> -h -n <host names> <key>.pub makes one");
        }
        byte[] blob = new byte[words[1].Length];
        if (!Convert.TryFromBase64String(words[1], blob, out int length))
        {
            throw new SshFormatException("its second word is not base64");
        }
        blob = blob[..length];
        if (blob.Length > MaxSize)
        {
            throw new SshFormatException(
                $"it has {blob.Length} bytes; at most {MaxSize} fit into a key exchange. Use fewer host names or a smaller CA key");
        }
        SshCertificate certificate = SshCertificate.Parse(blob);
        if (certificate.Type != CertificateType.Host)
        {
            throw new SshFormatException("it is a user certificate; sign the host key with ssh-keygen -s <CA> -h");
        }
        if (!certificate.IsSigned())
        {
            throw new SshFormatException("it is not signed by the CA that it names, or with SHA-1");
        }
        // There are none for hosts, so clients refuse each one.
        if (certificate.CriticalOptions.Count > 0)
        {
            throw new SshFormatException("it has a critical option, which clients refuse");
        }
        return new HostCertificate(certificate, blob);
    }

    /// <inheritdoc cref="SshCertificate.ProblemAt"/>
    public string? ProblemAt(DateTimeOffset now) => _certificate.ProblemAt(now);

    /// <summary>Which one it is, for a log.</summary>
    public override string ToString()
    {
        string until = _certificate.ValidBefore <= (ulong)DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? $"valid until {DateTimeOffset.FromUnixTimeSeconds((long)_certificate.ValidBefore):u}"
            : "valid forever";
        return $"{Key.Type} {Key.Fingerprint}, {_certificate}, {until}";
    }
}
