using System.Net;

namespace SshGateway.Operator.TarsApi;

internal static partial class InternalLog
{
    [LoggerMessage(1, LogLevel.Information, "A caller from {Address} asked for a session with a token that the API server refuses")]
    public static partial void BadToken(ILogger logger, IPAddress? address);

    [LoggerMessage(2, LogLevel.Warning, "{User} from {Address} asked for a session and is not among Operator:InternalCallers")]
    public static partial void Forbidden(ILogger logger, string user, IPAddress? address);
}
