using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Watching;

internal static partial class WatchingLog
{
    [LoggerMessage(1, LogLevel.Information, "Listed {Collection}: {Count} objects at version {Version}")]
    public static partial void Listed(ILogger logger, string collection, int count, string version);

    [LoggerMessage(2, LogLevel.Warning, "{Collection}: {Problem}; trying again in {Delay:0.0} s; {State}")]
    public static partial void Failed(ILogger logger, string collection, string? problem, double delay, string state);

    [LoggerMessage(3, LogLevel.Information, "{Collection}: the watch's history is gone ({Problem}); listing again")]
    public static partial void HistoryGone(ILogger logger, string collection, string? problem);

    [LoggerMessage(4, LogLevel.Warning, "{Collection}: the list is of version {Version}, older than {Known}, which was seen; not used")]
    public static partial void StaleList(ILogger logger, string collection, string version, string known);

    [LoggerMessage(5, LogLevel.Error, "{Collection}: the lists stay at version {Version}, older than {Known}: etcd was restored from a backup; what it has replaces what was known")]
    public static partial void HistoryRestored(ILogger logger, string collection, string version, string known);

    [LoggerMessage(6, LogLevel.Warning, "{Object} cannot be decoded and is passed over, as it last was it stays in force: {Problem}")]
    public static partial void Undecodable(ILogger logger, ObjectKey @object, string problem);

    [LoggerMessage(7, LogLevel.Information, "{Collection}: a proxy has seen more than version {Version}; listing again")]
    public static partial void CatchingUp(ILogger logger, string collection, string? version);
}
