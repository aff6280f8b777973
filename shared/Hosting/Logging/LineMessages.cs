using Microsoft.Extensions.Logging;

namespace SshGateway.Hosting.Logging;

internal static partial class LineMessages
{
    [LoggerMessage(1, LogLevel.Warning, "{Count} lines are missing here: they came faster than they were taken, or could not be written")]
    public static partial void Missing(ILogger logger, long count);
}
