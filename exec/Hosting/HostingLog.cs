using System.Net;

namespace SshGateway.Exec.Hosting;

internal static partial class HostingLog
{
    [LoggerMessage(1, LogLevel.Information, "Probes listening on {Address}")]
    public static partial void ProbesListening(ILogger logger, IPEndPoint? address);

    [LoggerMessage(2, LogLevel.Information, "Using host key {Type} {Fingerprint}")]
    public static partial void HostKey(ILogger logger, string type, string fingerprint);

    [LoggerMessage(3, LogLevel.Information, "Trusting user CA {Type} {Fingerprint}")]
    public static partial void UserCa(ILogger logger, string type, string fingerprint);

    [LoggerMessage(4, LogLevel.Warning, "Exec:OperatorInsecure is on: any program on this machine that listens on an operator's port can redirect sessions. Use it only for development")]
    public static partial void OperatorInsecure(ILogger logger);

    [LoggerMessage(5, LogLevel.Warning, "Exec:LogCommands is on: the log has the text of commands, which may contain passwords")]
    public static partial void LogsCommands(ILogger logger);

    [LoggerMessage(6, LogLevel.Warning, "The process may have {Limit} descriptors; Exec:MaxConnections {MaxConnections} with a channel each needs {Needed}. The relay takes {Possible} connections. Raise the limit (ulimit -n, LimitNOFILE, or the container runtime's) or lower Exec:MaxConnections")]
    public static partial void FewDescriptors(ILogger logger, long limit, int maxConnections, long needed, int possible);

    [LoggerMessage(7, LogLevel.Information, "Running commands through the API server {Server} ({Origin})")]
    public static partial void ApiServer(ILogger logger, string server, string origin);
}
