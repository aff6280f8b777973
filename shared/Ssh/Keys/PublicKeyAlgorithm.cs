using System.Text;

namespace SshGateway.Ssh.Keys;

/// <summary>
/// A public key algorithm as requests and KEXINIT name it (RFC 4253 section 6.6): a signature algorithm, and whether
/// the blob that comes with it is the plain key or a certificate of it (OpenSSH PROTOCOL.certkeys). The signature
/// itself bears the plain name in both.
/// </summary>
/// <param name="IsCertificate">Whether the key comes as a certificate.</param>
internal sealed record PublicKeyAlgorithm(string Name, SignatureAlgorithm Signature, bool IsCertificate)
{
    private const string Vendor = "@openssh.com";
    private const string CertificateSuffix = "-cert-v01" + Vendor;

    private static readonly PublicKeyAlgorithm[] All =
    [
        .. SignatureAlgorithm.Verified.Select(algorithm => new PublicKeyAlgorithm(algorithm.Name, algorithm, IsCertificate: false)),
        .. SignatureAlgorithm.Verified.Select(algorithm => new PublicKeyAlgorithm(CertificateName(algorithm.Name), algorithm, IsCertificate: true)),
    ];

    /// <summary>The algorithms for plain host keys, in order of preference.</summary>
    public static IReadOnlyList<PublicKeyAlgorithm> HostKeys { get; } = [.. All.Where(algorithm => !algorithm.IsCertificate && algorithm.IsOfHosts)];

    /// <summary>The algorithms for host certificates, in order of preference.</summary>
    public static IReadOnlyList<PublicKeyAlgorithm> HostCertificates { get; } = [.. All.Where(algorithm => algorithm.IsCertificate && algorithm.IsOfHosts)];

    private bool IsOfHosts => !SshKeyTypes.IsSecurityKey(Signature.KeyType);

    /// <summary>The algorithm with this name, or null.</summary>
    public static PublicKeyAlgorithm? Find(ReadOnlySpan<byte> name)
    {
        Span<char> text = stackalloc char[64];
        if (name.Length > text.Length)
        {
            return null;
        }
        text = text[..Encoding.Latin1.GetChars(name, text)];
        foreach (PublicKeyAlgorithm algorithm in All)
        {
            if (text.SequenceEqual(algorithm.Name))
            {
                return algorithm;
            }
        }
        return null;
    }

    /// <summary>Whether this names certificates, of whatever key type.</summary>
    public static bool IsCertificateName(string name) => name.EndsWith(CertificateSuffix, StringComparison.Ordinal);

    /// <summary>What certificates of a key type, or of an algorithm, are called.</summary>
    public static string CertificateName(string plain) =>
        (plain.EndsWith(Vendor, StringComparison.Ordinal) ? plain[..^Vendor.Length] : plain) + CertificateSuffix;
}
