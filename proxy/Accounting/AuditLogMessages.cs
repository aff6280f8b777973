namespace SshGateway.Proxy.Accounting;

internal static partial class AuditLogMessages
{
    [LoggerMessage(1, LogLevel.Error, "{Count} lines of the audit log are lost: {Problem}")]
    public static partial void Lost(ILogger logger, long count, string problem);
}
