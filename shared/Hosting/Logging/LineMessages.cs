using Microsoft.Extensions.Logging;

namespace SshGateway.Hosting.Logging;

internal static partial class LineMessages
{
    [LoggerMessage(1, LogLevel.Warning, "Log lines missing here: {Count}. The output was too slow or could not be written")]
    public static partial void Missing(ILogger logger, long count);
}
