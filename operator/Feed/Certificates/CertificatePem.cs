namespace SshGateway.Operator.Feed.Certificates;

/// <summary>A certificate and its private key.</summary>
/// <param name="Certificates">PEM: the certificate, then what lies between it and its CA.</param>
/// <param name="Key">PEM: its private key.</param>
internal sealed record CertificatePem(string Certificates, string Key)
{
    // A key must not get into a log by an interpolated record.
    public override string ToString() => nameof(CertificatePem);
}
