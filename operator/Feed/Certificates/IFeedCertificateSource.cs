namespace SshGateway.Operator.Feed.Certificates;

/// <summary>Where the feed's certificate comes from.</summary>
internal interface IFeedCertificateSource
{
    /// <summary>Names it in the log.</summary>
    string Origin { get; }

    /// <summary>The latest certificate. Asked at every handshake, so it answers without waiting.</summary>
    /// <exception cref="CertificateAwaitedException">There is none yet; the message says what is waited for.</exception>
    /// <exception cref="IOException">There is none; the message says why.</exception>
    CertificatePem Read();
}
