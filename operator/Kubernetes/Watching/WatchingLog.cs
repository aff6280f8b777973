using SshGateway.Hosting.Text;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Watching;

internal static partial class WatchingLog
{
    [LoggerMessage(1, LogLevel.Information, "Listed {Collection}: {Objects} at version {Version}")]
    public static partial void Listed(ILogger logger, string collection, Quantity objects, string version);

    [LoggerMessage(2, LogLevel.Warning, "{Collection}: {Problem}. Retrying in {Delay:0.0} s; {State}")]
    public static partial void Failed(ILogger logger, string collection, string? problem, double delay, string state);

    [LoggerMessage(3, LogLevel.Information, "{Collection}: the watch's history has expired ({Problem}); listing again")]
    public static partial void HistoryGone(ILogger logger, string collection, string? problem);

    [LoggerMessage(4, LogLevel.Warning, "{Collection}: ignored a list of version {Version}, because version {Known} was seen before")]
    public static partial void StaleList(ILogger logger, string collection, string version, string known);

    [LoggerMessage(5, LogLevel.Error, "{Collection}: lists stay at version {Version}, older than the known version {Known}. Etcd was restored from a backup; using the restored state")]
    public static partial void HistoryRestored(ILogger logger, string collection, string version, string known);

    [LoggerMessage(6, LogLevel.Warning, "Cannot decode {Object}; keeping its last good version: {Problem}")]
    public static partial void Undecodable(ILogger logger, ObjectKey @object, string problem);

    [LoggerMessage(7, LogLevel.Information, "{Collection}: a proxy has seen a newer version than {Version}; listing again")]
    public static partial void CatchingUp(ILogger logger, string collection, string? version);

    [LoggerMessage(8, LogLevel.Warning, "{Collection}: {Problem}. Sessions get no keys from these objects (spec.ssh.authorizedKeysFrom); other sessions are not affected. Retrying")]
    public static partial void KeysUnreadable(ILogger logger, string collection, string? problem);
}
