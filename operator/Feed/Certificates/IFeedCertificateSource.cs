namespace SshGateway.Operator.Feed.Certificates;

/// <summary>Where the feed's certificate comes from.</summary>
internal interface IFeedCertificateSource
{
    /// <summary>Names it in the log.</summary>
    string Origin { get; }

    /// <summary>The latest certificate. Asked at every handshake, so it answers without waiting.</summary>
    FeedCertificateReading Read();

    /// <summary>The next reading is not to be an earlier one.</summary>
    void Expire()
    {
    }
}

/// <summary>A certificate, or why there is none.</summary>
/// <param name="Pem">Null: there is none.</param>
/// <param name="Problem">Why there is none; null when there is one.</param>
/// <param name="IsAwaited">There will be one soon, if all goes well.</param>
internal readonly record struct FeedCertificateReading(CertificatePem? Pem, string? Problem = null, bool IsAwaited = false);

/// <summary>A certificate and its private key.</summary>
/// <param name="Certificates">PEM: the certificate, then what lies between it and its CA.</param>
/// <param name="Key">PEM: its private key.</param>
internal sealed record CertificatePem(string Certificates, string Key)
{
    // A key must not get into a log by an interpolated record.
    public override string ToString() => nameof(CertificatePem);
}
