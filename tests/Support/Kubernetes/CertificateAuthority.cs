using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SshGateway.Tests.Support.Kubernetes;

/// <summary>A CA of a cluster.</summary>
internal sealed class CertificateAuthority : IDisposable
{
    // RFC 5280 section 4.2.1.12.
    public const string ServerUsage = "1.3.6.1.5.5.7.3.1";
    public const string ClientUsage = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2 _certificate;

    /// <param name="name">Its subject.</param>
    /// <param name="issuer">Who signs it; null: itself.</param>
    public CertificateAuthority(string name = "CN=tests", CertificateAuthority? issuer = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        // By its key's identifier, as real ones: a CA's successor often has its name.
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        if (issuer is null)
        {
            _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
            return;
        }
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer._certificate, true, false));
        using X509Certificate2 signed = request.Create(
            issuer._certificate, DateTimeOffset.UtcNow.AddHours(-2), DateTimeOffset.UtcNow.AddHours(20), RandomNumberGenerator.GetBytes(8));
        _certificate = signed.CopyWithPrivateKey(key);
    }

    public string Pem => _certificate.ExportCertificatePem();

    /// <summary>A client's certificate: its names are the user's name and group.</summary>
    public (string Certificate, string Key) Issue(string user, string group)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return (IssueClient(new CertificateRequest($"CN={user}, O={group}", key, HashAlgorithmName.SHA256)), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>A client's certificate for a key that the caller has.</summary>
    public string IssueClient(string user, string group, RSA key) =>
        IssueClient(new CertificateRequest($"CN={user}, O={group}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    /// <summary>A client's certificate for a key that the caller has.</summary>
    public string IssueClient(string user, string group, ECDsa key) =>
        IssueClient(new CertificateRequest($"CN={user}, O={group}", key, HashAlgorithmName.SHA256));

    public X509Certificate2 IssueServer()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Sign(new CertificateRequest("CN=server", key, HashAlgorithmName.SHA256), ServerUsage, DateTimeOffset.UtcNow.AddHours(12));
    }

    /// <summary>A server's certificate with its key.</summary>
    /// <param name="name">Its host name.</param>
    /// <param name="isNamed">Whether the name is where clients look for it, or only in the subject.</param>
    /// <param name="usage">What it is for.</param>
    /// <param name="expiry">When it ends; null: later.</param>
    /// <param name="forger">Signs in this CA's place, with another key.</param>
    public (string Certificate, string Key) IssueServer(
        string name, bool isNamed = true, string usage = ServerUsage, DateTimeOffset? expiry = null, CertificateAuthority? forger = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        if (isNamed)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(name);
            request.CertificateExtensions.Add(names.Build());
        }
        using X509Certificate2 issued = Sign(request, usage, expiry ?? DateTimeOffset.UtcNow.AddHours(12), forger);
        return (issued.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    private string IssueClient(CertificateRequest request)
    {
        using X509Certificate2 issued = Sign(request, ClientUsage, DateTimeOffset.UtcNow.AddHours(12));
        return issued.ExportCertificatePem();
    }

    private X509Certificate2 Sign(CertificateRequest request, string usage, DateTimeOffset expiry, CertificateAuthority? forger = null)
    {
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], true));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, true, false));
        using ECDsa signer = (forger ?? this)._certificate.GetECDsaPrivateKey()!;
        return request.Create(
            _certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(signer), expiry.AddHours(-13), expiry, RandomNumberGenerator.GetBytes(8));
    }

    public void Dispose() => _certificate.Dispose();
}
