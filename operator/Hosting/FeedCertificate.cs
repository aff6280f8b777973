using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SshGateway.Operator.Hosting;

/// <summary>
/// The certificate that the feed shows, from two PEM files. They are looked at again at a handshake, every ten seconds at
/// most: a new certificate counts for new connections, and open ones do not notice. They need not be there at the start,
/// for in a cluster they come from a Secret that an operator makes.
/// </summary>
internal sealed class FeedCertificate(string certificateFile, string keyFile, TimeProvider time, ILogger<FeedCertificate> logger)
{
    private static readonly TimeSpan RereadInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private SslStreamCertificateContext? _context;
    private string _read = "";
    private string? _problem = "it has not been read yet";
    private long? _readAt;

    /// <summary>Why there is none; null when there is one.</summary>
    public string? Missing
    {
        get
        {
            lock (_lock)
            {
                Refresh();
                return _context is null ? _problem : null;
            }
        }
    }

    /// <exception cref="AuthenticationException">There is none.</exception>
    public SslStreamCertificateContext Current()
    {
        lock (_lock)
        {
            Refresh();
            return _context ?? throw new AuthenticationException(_problem);
        }
    }

    private void Refresh()
    {
        if (_readAt is { } readAt && time.GetElapsedTime(readAt) < RereadInterval)
        {
            return;
        }
        _readAt = time.GetTimestamp();
        try
        {
            string certificates = File.ReadAllText(certificateFile);
            string key = File.ReadAllText(keyFile);
            if (_context is null || certificates + key != _read)
            {
                _context = Load(certificates, key);
                _read = certificates + key;
                HostingLog.FeedCertificate(logger, _context.TargetCertificate.Thumbprint, _context.TargetCertificate.NotAfter.ToUniversalTime());
            }
            _problem = null;
        }
        // CopyWithPrivateKey reports a key of another certificate as a wrong argument.
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            if (_problem != exception.Message)
            {
                _problem = exception.Message;
                HostingLog.FeedCertificateUnreadable(logger, _problem);
            }
        }
    }

    private static SslStreamCertificateContext Load(string certificates, string key)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPem(certificates);
        // Offline: what belongs to the chain is in the file, and nothing is fetched for it.
        return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(certificates, key), all, offline: true);
    }
}
