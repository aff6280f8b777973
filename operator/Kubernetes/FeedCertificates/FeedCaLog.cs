namespace SshGateway.Operator.Kubernetes.FeedCertificates;

internal static partial class FeedCaLog
{
    [LoggerMessage(1, LogLevel.Information, "Made the feed's CA and certificate: the Secret {Namespace}/{Secret}")]
    public static partial void Made(ILogger logger, string @namespace, string secret);

    [LoggerMessage(2, LogLevel.Information, "Published what the proxies trust: {Count} CAs, in the ConfigMap {Namespace}/{ConfigMap}")]
    public static partial void Published(ILogger logger, int count, string @namespace, string configMap);

    [LoggerMessage(3, LogLevel.Information, "The feed's CA and certificate, Secret {Namespace}/{Secret}: {Step}")]
    public static partial void Stepped(ILogger logger, string @namespace, string secret, FeedCaStep step);

    [LoggerMessage(4, LogLevel.Error, "The feed's certificate in the namespace {Namespace} could not be read, made or renewed: {Problem}")]
    public static partial void Failed(ILogger logger, string @namespace, string problem);
}
