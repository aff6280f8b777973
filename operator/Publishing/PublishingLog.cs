using System.Net;
using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;

namespace SshGateway.Operator.Publishing;

internal static partial class PublishingLog
{
    [LoggerMessage(1, LogLevel.Information, "Session {SessionId} is {State} ({Reason}, {Binding}) pod {PodName} at {Address}")]
    public static partial void Routed(
        ILogger logger, string sessionId, EndpointState state, ReadyReason reason, BindingReason binding, string podName, IPAddress? address);

    [LoggerMessage(2, LogLevel.Warning, "ClaudeSession {Namespace}/{SessionId}: {Problem}")]
    public static partial void Problem(ILogger logger, string @namespace, string sessionId, string problem);

    [LoggerMessage(3, LogLevel.Information, "Session {SessionId} is gone")]
    public static partial void Gone(ILogger logger, string sessionId);

    [LoggerMessage(4, LogLevel.Error, "{Session} made the gateway fail; its logins are refused, all others are routed. This is a fault of the gateway, to be reported")]
    public static partial void Faulty(ILogger logger, ObjectKey session, Exception exception);
}
