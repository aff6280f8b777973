using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SshGateway.Operator.Feed.Certificates;

namespace SshGateway.Operator.Kubernetes.FeedCertificates;

/// <summary>A CA that signs the operators' certificates and nothing else (RFC 5280; ECDSA with P-256).</summary>
internal sealed class FeedCa : IDisposable
{
    // The clocks of the proxies may be behind ours.
    private static readonly TimeSpan Backdating = TimeSpan.FromMinutes(5);

    // RFC 5280 section 4.1.2.2: at most 20, and positive.
    private const int SerialNumberLength = 16;

    // RFC 5280 section 4.2.1.12, id-kp-serverAuth.
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");

    private readonly X509Certificate2 _certificate;

    private FeedCa(X509Certificate2 certificate) => _certificate = certificate;

    /// <summary>When it ends.</summary>
    public DateTimeOffset NotAfter => _certificate.NotAfter;

    /// <summary>Makes one. Its key is in no other place than what is returned.</summary>
    public static CertificatePem Create(DateTimeOffset now, TimeSpan lifetime)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // Its successor has another name, so that people can tell them apart; programs go by the key's identifier.
        var request = new CertificateRequest($"CN=ssh-gateway feed {now.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using X509Certificate2 certificate = request.CreateSelfSigned(now - Backdating, now + lifetime);
        return Pem(certificate, key);
    }

    /// <exception cref="CryptographicException">It is none.</exception>
    /// <exception cref="ArgumentException">The key is another one's.</exception>
    public static FeedCa Load(CertificatePem pem) => new(X509Certificate2.CreateFromPem(pem.Certificates, pem.Key));

    /// <summary>Signs a certificate for operators of these names. It does not outlive the CA.</summary>
    public CertificatePem Issue(IReadOnlyList<string> names, DateTimeOffset now, TimeSpan lifetime)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=ssh-gateway operator", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([ServerAuthentication], critical: true));
        request.CertificateExtensions.Add(SubjectAlternativeNames(names));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        byte[] serialNumber = RandomNumberGenerator.GetBytes(SerialNumberLength);
        serialNumber[0] = (byte)((serialNumber[0] & 0x7F) | 0x40);
        DateTimeOffset notBefore = Later(now - Backdating, _certificate.NotBefore);
        using X509Certificate2 certificate = request.Create(_certificate, notBefore, End(now, lifetime), serialNumber);
        return Pem(certificate, key);
    }

    /// <summary>When a certificate that is issued now would end.</summary>
    public DateTimeOffset End(DateTimeOffset now, TimeSpan lifetime) => now + lifetime < NotAfter ? now + lifetime : NotAfter;

    /// <summary>Whether it has signed this certificate, by what the certificate says.</summary>
    public bool HasIssued(X509Certificate2 certificate)
    {
        ReadOnlyMemory<byte>? own = _certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().FirstOrDefault()?.SubjectKeyIdentifierBytes;
        ReadOnlyMemory<byte>? issuer = certificate.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().FirstOrDefault()?.KeyIdentifier;
        return own is { } left && issuer is { } right && left.Span.SequenceEqual(right.Span);
    }

    /// <summary>When a certificate was issued.</summary>
    public static DateTimeOffset IssuedAt(X509Certificate2 certificate) => certificate.NotBefore + Backdating;

    /// <summary>Whether a certificate is for exactly these names.</summary>
    public static bool HasNames(X509Certificate2 certificate, IReadOnlyList<string> names) =>
        certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault() is { } present
        && present.RawData.AsSpan().SequenceEqual(SubjectAlternativeNames(names).RawData);

    public void Dispose() => _certificate.Dispose();

    private static X509Extension SubjectAlternativeNames(IReadOnlyList<string> names)
    {
        var builder = new SubjectAlternativeNameBuilder();
        foreach (string name in names)
        {
            if (IPAddress.TryParse(name, out IPAddress? address))
            {
                builder.AddIpAddress(address);
            }
            else
            {
                builder.AddDnsName(name);
            }
        }
        return builder.Build();
    }

    private static DateTimeOffset Later(DateTimeOffset left, DateTimeOffset right) => left > right ? left : right;

    private static CertificatePem Pem(X509Certificate2 certificate, ECDsa key) =>
        new(certificate.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
}
