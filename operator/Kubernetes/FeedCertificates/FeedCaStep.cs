namespace SshGateway.Operator.Kubernetes.FeedCertificates;

/// <summary>What was done to the feed's CA and certificate.</summary>
internal enum FeedCaStep
{
    /// <summary>The next CA has been made; the proxies are told of it, and it does not sign yet.</summary>
    NextCaMade,

    /// <summary>The next CA has become the one that signs, and the certificate is one of its.</summary>
    NextCaSigns,

    /// <summary>The CA from before is no longer trusted.</summary>
    PreviousCaDropped,

    /// <summary>There is another certificate of the same CA.</summary>
    CertificateRenewed,
}
