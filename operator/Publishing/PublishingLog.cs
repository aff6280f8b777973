using System.Net;
using SshGateway.Feed;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Publishing;

internal static partial class PublishingLog
{
    [LoggerMessage(1, LogLevel.Information, "Session {SessionId} is {State} ({Reason}, {Binding}) pod {PodName} at {Address}")]
    public static partial void Routed(
        ILogger logger, string sessionId, EndpointState state, string reason, string binding, string podName, IPAddress address);

    [LoggerMessage(2, LogLevel.Warning, "ClaudeSession {Namespace}/{SessionId}: {Problem}")]
    public static partial void Problem(ILogger logger, string @namespace, string sessionId, string problem);

    [LoggerMessage(3, LogLevel.Information, "Session {SessionId} is gone")]
    public static partial void Gone(ILogger logger, string sessionId);

    [LoggerMessage(5, LogLevel.Information, "A proxy learned the host key of pod {PodName} ({PodUid}) of session {SessionId}: {Fingerprint}; from now on all proxies expect it")]
    public static partial void HostKeyLearned(ILogger logger, string podName, string podUid, string sessionId, string fingerprint);

    [LoggerMessage(6, LogLevel.Warning, "Pod {PodName} ({PodUid}) of session {SessionId} showed the host key {Fingerprint} to a proxy, which is not the one that it has to have")]
    public static partial void HostKeyMismatch(ILogger logger, string podName, string podUid, string sessionId, string fingerprint);

    [LoggerMessage(7, LogLevel.Error, "The entry of session {SessionId} would break the feed's contract, so its logins are refused: {Problem}. This is a fault of the gateway, to be reported")]
    public static partial void OutOfBounds(ILogger logger, string sessionId, string problem);

    [LoggerMessage(4, LogLevel.Error, "{Session} made the gateway fail; its logins are refused, all others are routed. This is a fault of the gateway, to be reported")]
    public static partial void Faulty(ILogger logger, ObjectKey session, Exception exception);

    [LoggerMessage(8, LogLevel.Information, "Session {SessionId} is {State} ({Reason}, {Binding})")]
    public static partial void RoutedNowhere(ILogger logger, string sessionId, EndpointState state, string reason, string binding);
}
