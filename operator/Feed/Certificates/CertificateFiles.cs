using SshGateway.Hosting.Files;

namespace SshGateway.Operator.Feed.Certificates;

/// <summary>Two PEM files, read again every ten seconds at most. They may come later than the operator.</summary>
internal sealed class CertificateFiles(string certificateFile, string keyFile, TimeProvider time) : IFeedCertificateSource
{
    private static readonly TimeSpan RereadInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private CertificatePem? _read;
    private string _problem = "";
    private long? _readAt;

    public string Origin => "Operator:FeedCertificate and Operator:FeedCertificateKey";

    public FeedCertificateReading Read()
    {
        lock (_lock)
        {
            if (_readAt is not { } readAt || time.GetElapsedTime(readAt) >= RereadInterval)
            {
                _readAt = time.GetTimestamp();
                Reread();
            }
            return new FeedCertificateReading(_read, _read is null ? _problem : null);
        }
    }

    public void Expire()
    {
        lock (_lock)
        {
            _readAt = null;
        }
    }

    private void Reread()
    {
        try
        {
            _read = new CertificatePem(RegularFile.ReadText(certificateFile), RegularFile.ReadText(keyFile));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _read = null;
            _problem = exception.Message;
        }
    }
}
