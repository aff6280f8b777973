using Microsoft.Extensions.Logging;

namespace SshGateway.Shared.Grpc;

internal static partial class GrpcLog
{
    [LoggerMessage(1, LogLevel.Error, "The handler of {Path} failed")]
    public static partial void HandlerFailed(ILogger logger, Exception exception, string path);
}
