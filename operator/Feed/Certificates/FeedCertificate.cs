using System.Diagnostics.Metrics;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SshGateway.Hosting;

namespace SshGateway.Operator.Feed.Certificates;

/// <summary>
/// The certificate that the feed shows. Its source is asked at each handshake: a new certificate counts for new
/// connections, and open ones do not notice. There need not be one at the start, for in a cluster one of the operators
/// makes it.
/// </summary>
internal sealed class FeedCertificate : IReloadable, IDisposable
{
    // To find out that no other replica leads, to take the lease and to make the certificate takes half of that.
    private static readonly TimeSpan WaitLimit = TimeSpan.FromMinutes(1);

    private readonly Meter _meter = new("SshGateway.Operator.FeedCertificate");
    private readonly Lock _lock = new();
    private readonly IFeedCertificateSource _source;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly long _startedAt;
    private SslStreamCertificateContext? _context;
    private CertificatePem? _tried;
    private string? _problem;
    private (string Problem, bool IsAwaited) _logged;

    public FeedCertificate(IFeedCertificateSource source, TimeProvider time, ILogger<FeedCertificate> logger)
    {
        _source = source;
        _time = time;
        _logger = logger;
        _startedAt = time.GetTimestamp();
        _meter.CreateObservableGauge("sshgateway.operator.feed_certificate_remaining", Remaining, "s", "How long the feed's certificate is still good");
    }

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

    public string Content => "the feed's certificate";

    public string? Reload()
    {
        lock (_lock)
        {
            _source.Expire();
            Refresh();
            return _problem;
        }
    }

    public void Dispose() => _meter.Dispose();

    private void Refresh()
    {
        (CertificatePem? pem, string? problem, bool isAwaited) = _source.Read();
        if (pem is null)
        {
            _tried = null;
            ReportMissing(problem!, isAwaited && _time.GetElapsedTime(_startedAt) < WaitLimit);
        }
        else if (pem != _tried)
        {
            _tried = pem;
            TryLoad(pem);
        }
    }

    private void TryLoad(CertificatePem pem)
    {
        try
        {
            _context = Load(pem);
            _problem = null;
            _logged = default;
            CertificateLog.Read(_logger, _context.TargetCertificate.Thumbprint, _context.TargetCertificate.NotAfter.ToUniversalTime());
        }
        // CopyWithPrivateKey reports a key of another certificate as a wrong argument.
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            ReportMissing(exception.Message, isAwaited: false);
        }
    }

    // Asked every few seconds, by each probe: said once.
    private void ReportMissing(string problem, bool isAwaited)
    {
        _problem = problem;
        if (_logged == (problem, isAwaited))
        {
            return;
        }
        _logged = (problem, isAwaited);
        if (isAwaited)
        {
            CertificateLog.Awaited(_logger, problem);
        }
        else
        {
            CertificateLog.Unusable(
                _logger, _source.Origin, problem, _context is null ? "Until there is one, no proxy can follow this operator" : "What was read before stays in use");
        }
    }

    private IEnumerable<Measurement<double>> Remaining()
    {
        lock (_lock)
        {
            return _context is null ? [] : [new((_context.TargetCertificate.NotAfter.ToUniversalTime() - _time.GetUtcNow().UtcDateTime).TotalSeconds)];
        }
    }

    private static SslStreamCertificateContext Load(CertificatePem pem)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPem(pem.Certificates);
        // Offline: what belongs to the chain is there, and nothing is fetched for it.
        return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(pem.Certificates, pem.Key), all, offline: true);
    }
}

internal static partial class CertificateLog
{
    [LoggerMessage(1, LogLevel.Information, "Using feed certificate {Thumbprint}, valid until {NotAfter:u}")]
    public static partial void Read(ILogger logger, string thumbprint, DateTime notAfter);

    [LoggerMessage(2, LogLevel.Warning, "Cannot use {Origin}: {Problem}. {Consequence}")]
    public static partial void Unusable(ILogger logger, string origin, string problem, string consequence);

    [LoggerMessage(3, LogLevel.Information, "Waiting for the feed's certificate: {Problem}")]
    public static partial void Awaited(ILogger logger, string problem);
}
