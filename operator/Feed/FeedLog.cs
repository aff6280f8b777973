namespace SshGateway.Operator.Feed;

internal static partial class FeedLog
{
    [LoggerMessage(1, LogLevel.Information, "Proxy {ProxyId} (version {Version}, {Subject}) follows the feed")]
    public static partial void StreamStarted(ILogger logger, string proxyId, string version, string subject);

    [LoggerMessage(2, LogLevel.Information, "Proxy {ProxyId} left the feed; it had applied everything up to sequence {Sequence}")]
    public static partial void StreamEnded(ILogger logger, string proxyId, ulong sequence);

    [LoggerMessage(3, LogLevel.Warning, "Proxy {ProxyId} took nothing for {Seconds} s; its stream is ended")]
    public static partial void ProxyTakesNothing(ILogger logger, string proxyId, double seconds);

    [LoggerMessage(4, LogLevel.Warning, "Proxy {ProxyId} has seen more than this operator ({Lacking}); it is sent to another one")]
    public static partial void Behind(ILogger logger, string proxyId, string lacking);

    // Every proxy reports to every operator, on a stream of its own. Only the one that feeds it is news.
    [LoggerMessage(5, LogLevel.Debug, "Proxy {ProxyId} (version {Version}, {Subject}) reports how sessions are used")]
    public static partial void ReportsStarted(ILogger logger, string proxyId, string version, string subject);

    [LoggerMessage(6, LogLevel.Debug, "Proxy {ProxyId} no longer reports here")]
    public static partial void ReportsEnded(ILogger logger, string proxyId);
}
