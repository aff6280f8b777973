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

/// <summary>A certificate and its private key.</summary>
/// <param name="Certificates">PEM: the certificate, then what lies between it and its CA.</param>
/// <param name="Key">PEM: its private key.</param>
internal sealed record CertificatePem(string Certificates, string Key)
{
    // A key must not get into a log by an interpolated record.
    public override string ToString() => nameof(CertificatePem);
}

/// <summary>There is no certificate yet, and there will be one soon if all goes well.</summary>
internal sealed class CertificateAwaitedException(string message) : IOException(message);
