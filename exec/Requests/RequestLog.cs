using SshGateway.Exec.ApiServer;

namespace SshGateway.Exec.Requests;

/// <summary>The log of what sessions do. Never the text of a command, unless the options say so.</summary>
internal static partial class RequestLog
{
    [LoggerMessage(1, LogLevel.Information, "Connection {Connection}: started {Kind} of session {Session} in pod {Namespace}/{Pod}, container {Container} (terminal: {Terminal}, {KeyId})")]
    public static partial void Started(ILogger logger, string connection, string kind, string session, string @namespace, string pod, string container, bool terminal, string keyId);

    [LoggerMessage(2, LogLevel.Information, "Connection {Connection}: command of session {Session}: {Command}")]
    public static partial void Command(ILogger logger, string connection, string session, string command);

    [LoggerMessage(3, LogLevel.Information, "Connection {Connection}: {Kind} of session {Session} ended with exit status {Status} after {Seconds:0.0} s")]
    public static partial void Exited(ILogger logger, string connection, string kind, string session, int status, double seconds);

    [LoggerMessage(4, LogLevel.Information, "Connection {Connection}: {Kind} of session {Session} was closed by the client after {Seconds:0.0} s")]
    public static partial void Closed(ILogger logger, string connection, string kind, string session, double seconds);

    [LoggerMessage(5, LogLevel.Warning, "Connection {Connection}: {Kind} of session {Session} in pod {Namespace}/{Pod}, container {Container} failed ({Failure}): {Reason}")]
    public static partial void Failed(
        ILogger logger, string connection, string kind, string session, string @namespace, string pod, string container, ApiServerFailure failure, string reason);

    [LoggerMessage(6, LogLevel.Debug, "Connection {Connection}: cannot tell the {Kind} of session {Session} that its input has ended, as the API server speaks v4 (before Kubernetes 1.30)")]
    public static partial void InputStaysOpen(ILogger logger, string connection, string kind, string session);

    [LoggerMessage(7, LogLevel.Information, "Connection {Connection}: connected to port {Port} of pod {Namespace}/{Pod} for session {Session} ({KeyId})")]
    public static partial void Connected(ILogger logger, string connection, int port, string @namespace, string pod, string session, string keyId);

    [LoggerMessage(8, LogLevel.Warning, "Connection {Connection}: the connection to port {Port} of pod {Namespace}/{Pod} for session {Session} failed ({Failure}): {Reason}")]
    public static partial void ForwardFailed(ILogger logger, string connection, int port, string @namespace, string pod, string session, ApiServerFailure failure, string reason);
}
