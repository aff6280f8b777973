using System.Net;
using SshGateway.Operator.Usage;

namespace SshGateway.Operator.TarsApi;

/// <summary>Closes a connection for a caller, and logs who it was.</summary>
internal sealed partial class ConnectionClosing(UsageTable usage, TimeProvider time, ILogger<ConnectionClosing> logger)
{
    // A proxy reports each second. A user who reads nothing has a second to read why.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    // endpoint_feed.proto, CloseConnection.
    private const int MaxCaller = 512;

    /// <param name="context">The caller's request, which has been let in.</param>
    /// <exception cref="OperationCanceledException">The caller has left. The proxy has been told.</exception>
    public async Task<CloseResult> RunAsync(LiveConnection connection, HttpContext context)
    {
        string caller = context.User.Identity?.Name ?? "";
        caller = caller.Length > MaxCaller ? caller[..MaxCaller] : caller;
        Log.Closing(
            logger, caller, context.Connection.RemoteIpAddress, connection.Id, connection.SessionId, connection.Proxy, connection.Address,
            connection.Key.Length > 0 ? connection.Key : "unknown");
        using var limit = new CancellationTokenSource(Limit, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, context.RequestAborted);
        CloseResult result;
        try
        {
            result = await usage.Connections.CloseAsync(connection, caller, either.Token);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            result = CloseResult.Unconfirmed;
        }
        if (result != CloseResult.Closed)
        {
            Log.NotClosed(logger, connection.Proxy, connection.Id, connection.SessionId, result);
        }
        return result;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{User} from {Address} closes connection {Connection} of session {SessionId} (proxy {Proxy}, client {Client}, key {Key})")]
        public static partial void Closing(
            ILogger logger, string user, IPAddress? address, string connection, string sessionId, string proxy, string client, string key);

        [LoggerMessage(2, LogLevel.Warning, "Proxy {Proxy} has not confirmed the end of connection {Connection} of session {SessionId} ({Result})")]
        public static partial void NotClosed(ILogger logger, string proxy, string connection, string sessionId, CloseResult result);
    }
}
