using System.Net;
using SshGateway.Proxy.Outcomes;

namespace SshGateway.Proxy.Accounting;

/// <summary>
/// What is logged of connections. What a client did is Information, what a pod did Warning, what we did Error.
/// </summary>
internal static partial class ConnectionLog
{
    [LoggerMessage(2, LogLevel.Information, "{Client} logged in to {SessionId} on pod {PodName} ({PodUid}) at {Endpoint} with {Credential} in {Milliseconds} ms")]
    public static partial void LoggedIn(
        ILogger logger, IPEndPoint client, string sessionId, string podName, string podUid, IPEndPoint? endpoint, string credential, long milliseconds);

    [LoggerMessage(EventId = 3, Message = "{Client} as \"{UserName}\" ended: {End} (blame: {Blame}) after {Seconds:F1} s, {BytesFromClient} bytes from and {BytesToClient} bytes to the client. {Detail}")]
    public static partial void Ended(
        ILogger logger, LogLevel level, IPEndPoint client, string userName, ConnectionEnd end, Blame blame, double seconds, long bytesFromClient, long bytesToClient, string detail);

    [LoggerMessage(4, LogLevel.Error, "{Client} as \"{UserName}\" met a defect of the gateway")]
    public static partial void Defect(ILogger logger, Exception exception, IPEndPoint client, string userName);

    [LoggerMessage(6, LogLevel.Information, "{Client} is passed through to {SessionId} on pod {PodName} ({PodUid}) at {Endpoint}")]
    public static partial void PassthroughOpened(ILogger logger, IPEndPoint client, string sessionId, string podName, string podUid, IPEndPoint? endpoint);

    [LoggerMessage(9, LogLevel.Debug, "{Client} exchanged keys: {Algorithms}")]
    public static partial void KeysExchanged(ILogger logger, IPEndPoint client, string algorithms);

    [LoggerMessage(10, LogLevel.Debug, "{Client} is gone: {Reason}")]
    public static partial void ClientGone(ILogger logger, IPEndPoint client, string reason);
}
