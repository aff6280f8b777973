using System.Net;

namespace SshGateway.Proxy.Hosting;

internal static partial class HostingLog
{
    [LoggerMessage(1, LogLevel.Information, "Probes listening on {Address}")]
    public static partial void ProbesListening(ILogger logger, IPEndPoint? address);

    [LoggerMessage(2, LogLevel.Information, "Using host key {Type} {Fingerprint}")]
    public static partial void HostKey(ILogger logger, string type, string fingerprint);

    [LoggerMessage(3, LogLevel.Information, "Using {Kind} {Type} {Fingerprint} to log in to pods")]
    public static partial void PodCredentials(ILogger logger, string kind, string type, string fingerprint);

    [LoggerMessage(4, LogLevel.Warning, "Proxy:OperatorInsecure is on: any program on this machine that listens on an operator's port can redirect sessions. Use it only for development")]
    public static partial void OperatorInsecure(ILogger logger);
}
