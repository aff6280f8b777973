namespace SshGateway.Operator.Feed.Certificates;

internal static partial class CertificateLog
{
    [LoggerMessage(1, LogLevel.Information, "Feed certificate {Thumbprint}, good until {NotAfter:u}")]
    public static partial void Read(ILogger logger, string thumbprint, DateTime notAfter);

    [LoggerMessage(2, LogLevel.Warning, "{Origin} cannot be used: {Problem}. What was read before stays")]
    public static partial void Unusable(ILogger logger, string origin, string problem);
}
