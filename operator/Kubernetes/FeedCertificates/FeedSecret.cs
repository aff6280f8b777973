using SshGateway.Operator.Feed.Certificates;

namespace SshGateway.Operator.Kubernetes.FeedCertificates;

/// <summary>The operators' certificate as it was last read of the Secret.</summary>
internal sealed class FeedSecret : IFeedCertificateSource
{
    private volatile CertificatePem? _certificate;
    private volatile Absence _absence = new("its Secret has not been read yet", IsAwaited: true);

    public string Origin => "the Secret of the feed's CA";

    public bool IsThere => _certificate is not null;

    public FeedCertificateReading Read() =>
        _certificate is { } certificate ? new FeedCertificateReading(certificate)
        : new FeedCertificateReading(null, _absence.Problem, _absence.IsAwaited);

    public void Put(CertificatePem certificate) => _certificate = certificate;

    /// <summary>It could not be read; what was read before stays.</summary>
    public void Fail(string problem) => _absence = new Absence(problem, IsAwaited: false);

    /// <summary>It is not there yet, and the leader is to make it.</summary>
    public void Await(string what) => _absence = new Absence(what, IsAwaited: true);

    private sealed record Absence(string Problem, bool IsAwaited);
}
