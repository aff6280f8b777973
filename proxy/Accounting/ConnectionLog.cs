using System.Net;
using SshGateway.Proxy.Outcomes;

namespace SshGateway.Proxy.Accounting;

/// <summary>What is logged of connections. What a client did is Information, what a pod did Warning, what we did Error.</summary>
internal static partial class ConnectionLog
{
    [LoggerMessage(1, LogLevel.Information, "SSH listening on {Address}")]
    public static partial void Listening(ILogger logger, EndPoint? address);

    [LoggerMessage(2, LogLevel.Information, "{Client} logged in to {SessionId} on pod {PodName} ({PodUid}) at {Endpoint} with {Credential} in {Milliseconds} ms")]
    public static partial void LoggedIn(
        ILogger logger, IPEndPoint client, string sessionId, string podName, string podUid, IPEndPoint? endpoint, string credential, long milliseconds);

    [LoggerMessage(EventId = 3, Message = "{Client} as \"{UserName}\" ended: {End} (blame: {Blame}) after {Seconds:F1} s, {BytesFromClient} bytes from and {BytesToClient} bytes to the client. {Detail}")]
    public static partial void Ended(
        ILogger logger, LogLevel level, IPEndPoint client, string userName, ConnectionEnd end, Blame blame, double seconds, long bytesFromClient, long bytesToClient, string detail);

    [LoggerMessage(4, LogLevel.Error, "{Client} as \"{UserName}\" met a defect of the gateway")]
    public static partial void Defect(ILogger logger, Exception exception, IPEndPoint client, string userName);

    [LoggerMessage(7, LogLevel.Information, "Told to end: not ready, closed to new clients in {Seconds} s")]
    public static partial void Draining(ILogger logger, double seconds);

    [LoggerMessage(8, LogLevel.Information, "Closed to new clients; {Count} connections have {Seconds} s to end")]
    public static partial void Closed(ILogger logger, int count, double seconds);

    [LoggerMessage(6, LogLevel.Information, "{Client} is passed through to {SessionId} on pod {PodName} ({PodUid}) at {Endpoint}")]
    public static partial void PassthroughOpened(ILogger logger, IPEndPoint client, string sessionId, string podName, string podUid, IPEndPoint? endpoint);

    [LoggerMessage(5, LogLevel.Warning, "No connection could be accepted: {Problem}. Trying on")]
    public static partial void AcceptFailed(ILogger logger, string problem);
}
