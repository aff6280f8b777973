namespace SshGateway.Operator.Feed;

internal static partial class FeedLog
{
    [LoggerMessage(1, LogLevel.Information, "Proxy {ProxyId} (version {Version}) follows the feed")]
    public static partial void StreamStarted(ILogger logger, string proxyId, string version);

    [LoggerMessage(2, LogLevel.Information, "Proxy {ProxyId} left the feed; it had applied everything up to sequence {Sequence}")]
    public static partial void StreamEnded(ILogger logger, string proxyId, ulong sequence);

    [LoggerMessage(3, LogLevel.Warning, "The stream to proxy {ProxyId} is ended: {Reason}")]
    public static partial void StreamFailed(ILogger logger, string proxyId, string reason);
}
