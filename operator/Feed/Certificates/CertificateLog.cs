namespace SshGateway.Operator.Feed.Certificates;

internal static partial class CertificateLog
{
    [LoggerMessage(1, LogLevel.Information, "Feed certificate {Thumbprint}, good until {NotAfter:u}")]
    public static partial void Read(ILogger logger, string thumbprint, DateTime notAfter);

    [LoggerMessage(2, LogLevel.Warning, "{Origin} cannot be used: {Problem}. {Consequence}")]
    public static partial void Unusable(ILogger logger, string origin, string problem, string consequence);

    [LoggerMessage(3, LogLevel.Information, "Waiting for the feed's certificate: {Problem}")]
    public static partial void Awaited(ILogger logger, string problem);
}
