namespace SshGateway.Operator.Feed;

internal static partial class FeedLog
{
    [LoggerMessage(1, LogLevel.Information, "Proxy {ProxyId} follows the feed (version {Version}, {Subject})")]
    public static partial void StreamStarted(ILogger logger, string proxyId, string version, string subject);

    [LoggerMessage(2, LogLevel.Information, "Proxy {ProxyId} stopped following the feed (last applied sequence: {Sequence})")]
    public static partial void StreamEnded(ILogger logger, string proxyId, ulong sequence);

    [LoggerMessage(3, LogLevel.Warning, "Closed the feed of proxy {ProxyId}: it accepted no data for {Seconds} s")]
    public static partial void ProxyTakesNothing(ILogger logger, string proxyId, double seconds);

    [LoggerMessage(4, LogLevel.Warning, "Proxy {ProxyId} has newer data than this operator ({Lacking}); sending it to another operator")]
    public static partial void Behind(ILogger logger, string proxyId, string lacking);

    // Every proxy reports to every operator, on a stream of its own. Only the one that feeds it is news.
    [LoggerMessage(5, LogLevel.Debug, "Proxy {ProxyId} reports session usage (version {Version}, {Subject})")]
    public static partial void ReportsStarted(ILogger logger, string proxyId, string version, string subject);

    [LoggerMessage(6, LogLevel.Debug, "Proxy {ProxyId} stopped reporting session usage")]
    public static partial void ReportsEnded(ILogger logger, string proxyId);
}
