using System.Net;

namespace SshGateway.Proxy.Hosting;

internal static partial class HostingLog
{
    [LoggerMessage(1, LogLevel.Information, "Probes listening on {Address}")]
    public static partial void ProbesListening(ILogger logger, IPEndPoint? address);

    [LoggerMessage(2, LogLevel.Information, "Host key {Type} {Fingerprint}")]
    public static partial void HostKey(ILogger logger, string type, string fingerprint);

    [LoggerMessage(3, LogLevel.Information, "Logs in to pods with a {Kind} by {Type} {Fingerprint}")]
    public static partial void PodCredentials(ILogger logger, string kind, string type, string fingerprint);

    [LoggerMessage(4, LogLevel.Warning, "Proxy:OperatorInsecure is on: whoever listens on an operator's port on this machine says where sessions live. Only for development")]
    public static partial void OperatorInsecure(ILogger logger);
}
