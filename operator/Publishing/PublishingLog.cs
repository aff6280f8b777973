using SshGateway.Operator.Model;

namespace SshGateway.Operator.Publishing;

internal static partial class PublishingLog
{
    [LoggerMessage(1, LogLevel.Information, "Session {SessionId}: {Description} ({Reason})")]
    public static partial void Routed(ILogger logger, string sessionId, string description, string reason);

    [LoggerMessage(2, LogLevel.Warning, "ClaudeSession {Namespace}/{SessionId}: {Problem}")]
    public static partial void Problem(ILogger logger, string @namespace, string sessionId, string problem);

    [LoggerMessage(3, LogLevel.Information, "Session {SessionId} was deleted")]
    public static partial void Gone(ILogger logger, string sessionId);

    [LoggerMessage(5, LogLevel.Information, "Learned the host key of pod {PodName} ({PodUid}) of session {SessionId}: {Fingerprint}, reported by proxy {Proxy}. All proxies now require it")]
    public static partial void HostKeyLearned(ILogger logger, string podName, string podUid, string sessionId, string fingerprint, string? proxy);

    [LoggerMessage(6, LogLevel.Warning, "Pod {PodName} ({PodUid}) of session {SessionId} presented the unexpected host key {Fingerprint} to proxy {Proxy}; logins that meet it are refused")]
    public static partial void HostKeyMismatch(ILogger logger, string podName, string podUid, string sessionId, string fingerprint, string? proxy);

    [LoggerMessage(8, LogLevel.Warning, "Pod {PodName} ({PodUid}) of session {SessionId}: forgot the host key {Fingerprint}, as the session's annotation says. The next login learns another key")]
    public static partial void HostKeyForgotten(ILogger logger, string podName, string podUid, string sessionId, string fingerprint);

    [LoggerMessage(7, LogLevel.Error, "The entry of session {SessionId} violates the feed's contract, so its logins are refused: {Problem}. Please report this defect of the gateway")]
    public static partial void OutOfBounds(ILogger logger, string sessionId, string problem);

    [LoggerMessage(4, LogLevel.Error, "Cannot route {Session}, so its logins are refused. Other sessions are not affected. Please report this defect of the gateway")]
    public static partial void Faulty(ILogger logger, ObjectKey session, Exception exception);
}
