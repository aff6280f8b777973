using System.Net;
using SshGateway.Proxy.Outcomes;

namespace SshGateway.Proxy.Accounting;

/// <summary>Logs connections: what a client did at Information, a pod at Warning, our own faults at Error.</summary>
internal static partial class ConnectionLog
{
    [LoggerMessage(2, LogLevel.Information, "Connection {Connection} from {Client} logged in: session {SessionId}, pod {PodName} ({PodUid}) at {Endpoint}, {Credential}, {Milliseconds} ms")]
    public static partial void LoggedIn(
        ILogger logger, string connection, IPEndPoint client, string sessionId, string podName, string podUid, string endpoint, string credential, long milliseconds);

    [LoggerMessage(EventId = 3, Message = "Connection {Connection} from {Client} closed: {Description} ({End}, blame {Blame}, user \"{UserName}\", {Seconds:F1} s, {BytesFromClient} B received, {BytesToClient} B sent). {Detail}")]
    public static partial void Ended(
        ILogger logger, LogLevel level, string connection, IPEndPoint client, string description, string userName, ConnectionEnd end, Blame blame, double seconds, long bytesFromClient, long bytesToClient, string detail);

    [LoggerMessage(4, LogLevel.Error, "Connection {Connection} from {Client} (user \"{UserName}\") failed on a defect of the gateway. Please report it")]
    public static partial void Defect(ILogger logger, Exception exception, string connection, IPEndPoint client, string userName);

    [LoggerMessage(6, LogLevel.Information, "Connection {Connection} from {Client} passed through: session {SessionId}, pod {PodName} ({PodUid}) at {Endpoint}")]
    public static partial void PassthroughOpened(ILogger logger, string connection, IPEndPoint client, string sessionId, string podName, string podUid, IPEndPoint? endpoint);

    [LoggerMessage(9, LogLevel.Debug, "Connection {Connection} from {Client} negotiated {Algorithms}")]
    public static partial void KeysExchanged(ILogger logger, string connection, IPEndPoint client, string algorithms);

    [LoggerMessage(10, LogLevel.Debug, "Connection {Connection} from {Client} was lost: {Reason}")]
    public static partial void ClientGone(ILogger logger, string connection, IPEndPoint client, string reason);
}
