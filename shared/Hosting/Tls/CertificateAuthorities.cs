using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SshGateway.Hosting.Files;

namespace SshGateway.Hosting.Tls;

/// <summary>Who may sign a server's certificate. A file is reread every minute: clusters rotate their CAs.</summary>
internal sealed class CertificateAuthorities
{
    private static readonly TimeSpan RereadInterval = TimeSpan.FromMinutes(1);

    // RFC 5280 section 4.2.1.12, id-kp-serverAuth.
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");

    private readonly Lock _lock = new();
    private readonly string? _file;
    private readonly TimeProvider _time;
    private X509Certificate2Collection _certificates;
    private long _readAt;

    private CertificateAuthorities(string? file, X509Certificate2Collection certificates, TimeProvider time)
    {
        _file = file;
        _time = time;
        _certificates = certificates;
        _readAt = time.GetTimestamp();
    }

    /// <exception cref="ConfigurationException">The file holds no certificate.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static CertificateAuthorities FromFile(string path, TimeProvider time) =>
        new(path, Parse(RegularFile.ReadText(path), path), time);

    /// <param name="origin">Where they were, for the error.</param>
    /// <exception cref="ConfigurationException">It is no certificate.</exception>
    public static CertificateAuthorities FromPem(string pem, string origin, TimeProvider time) =>
        new(null, Parse(pem, origin), time);

    /// <summary>
    /// Whether one of them signed this certificate for a server, or is this certificate. Each of them is trusted as it
    /// is: an intermediate CA need not come with its root, nor a server's own certificate with its CA. The server's
    /// name is not looked at.
    /// </summary>
    /// <param name="presented">What the server sent with it.</param>
    public bool HaveSigned(X509Certificate2 certificate, X509Chain? presented)
    {
        X509Certificate2Collection trusted = Current();
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(trusted);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(ServerAuthentication);
        foreach (X509ChainElement element in presented?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }
        chain.ChainPolicy.ExtraStore.AddRange(presented?.ChainPolicy.ExtraStore ?? []);
        chain.Build(certificate);
        foreach (X509ChainElement element in chain.ChainElements)
        {
            X509ChainStatusFlags faults = element.ChainElementStatus.Aggregate(X509ChainStatusFlags.NoError, (all, status) => all | status.Status);
            if (trusted.Any(anchor => anchor.RawData.AsSpan().SequenceEqual(element.Certificate.RawData)))
            {
                // That nobody known signed the one that is trusted is no fault of it.
                return (faults & ~(X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot)) == X509ChainStatusFlags.NoError;
            }
            if (faults != X509ChainStatusFlags.NoError)
            {
                return false;
            }
        }
        return false;
    }

    private X509Certificate2Collection Current()
    {
        lock (_lock)
        {
            if (_file is not null && _time.GetElapsedTime(_readAt) >= RereadInterval)
            {
                _readAt = _time.GetTimestamp();
                try
                {
                    _certificates = Parse(RegularFile.ReadText(_file), _file);
                }
                catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ConfigurationException)
                {
                    // A file in the making: what was read before stays.
                }
            }
            return _certificates;
        }
    }

    // One certificate that cannot be read takes the others with it as little as for OpenSSL or Go: fewer are trusted,
    // never more.
    private static X509Certificate2Collection Parse(string pem, string origin)
    {
        var certificates = new X509Certificate2Collection();
        CryptographicException? problem = null;
        ReadOnlySpan<char> rest = pem;
        while (PemEncoding.TryFind(rest, out PemFields fields))
        {
            if (rest[fields.Label] is "CERTIFICATE")
            {
                try
                {
                    certificates.Add(X509Certificate2.CreateFromPem(rest[fields.Location]));
                }
                catch (CryptographicException exception)
                {
                    problem = exception;
                }
            }
            rest = rest[fields.Location.End..];
        }
        return certificates.Count > 0 ? certificates
            : problem is not null ? throw new ConfigurationException([$"{origin}: a certificate in it cannot be read: {problem.Message}"])
            : throw new ConfigurationException([$"{origin}: holds no certificate; it must have at least one in PEM form"]);
    }
}
