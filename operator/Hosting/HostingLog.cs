using System.Net;

namespace SshGateway.Operator.Hosting;

internal static partial class HostingLog
{
    [LoggerMessage(1, LogLevel.Information, "Feed listening on {Address}")]
    public static partial void FeedListening(ILogger logger, IPEndPoint? address);

    [LoggerMessage(2, LogLevel.Information, "Probes listening on {Address}")]
    public static partial void ProbesListening(ILogger logger, IPEndPoint? address);

    [LoggerMessage(3, LogLevel.Warning, "Operator:AllowLoopbackPods is on: pods may have loopback addresses. Use it only for tests and the demo")]
    public static partial void LoopbackPodsAllowed(ILogger logger);

    [LoggerMessage(4, LogLevel.Warning, "Operator:AllowUnlabelledPods is on: a session can use a pod without the session label if it pins the pod's UID")]
    public static partial void UnlabelledPodsAllowed(ILogger logger);

    [LoggerMessage(5, LogLevel.Warning, "Operator:FeedInsecure is on: the feed has no encryption and no authentication, so every user of this machine can read it. Use it only for development")]
    public static partial void FeedInsecure(ILogger logger);

    [LoggerMessage(6, LogLevel.Warning, "Operator:AllNamespaces is on: everyone who can create a ClaudeSession in any namespace can take a free session id")]
    public static partial void AllNamespacesWatched(ILogger logger);

    [LoggerMessage(7, LogLevel.Information, "Session endpoints for TARS (/internal) listening on {Address}")]
    public static partial void InternalListening(ILogger logger, IPEndPoint? address);

    [LoggerMessage(8, LogLevel.Warning, "Operator:InternalApiServerTokens is on: callers of /internal may send tokens for the API server. Turn it off once they send tokens for the audience ssh-gateway-operator")]
    public static partial void ApiServerTokensAccepted(ILogger logger);
}
