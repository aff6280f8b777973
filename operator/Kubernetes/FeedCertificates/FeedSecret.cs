using SshGateway.Operator.Feed.Certificates;

namespace SshGateway.Operator.Kubernetes.FeedCertificates;

/// <summary>The operators' certificate as it was last read of the Secret.</summary>
internal sealed class FeedSecret : IFeedCertificateSource
{
    private volatile CertificatePem? _certificate;
    private volatile string _problem = "it has not been read yet";

    public string Origin => "the Secret of the feed's CA";

    public bool IsThere => _certificate is not null;

    public CertificatePem Read() => _certificate ?? throw new IOException($"{Origin}: {_problem}");

    public void Put(CertificatePem certificate) => _certificate = certificate;

    /// <summary>It could not be read; what was read before stays.</summary>
    public void Fail(string problem) => _problem = problem;
}
