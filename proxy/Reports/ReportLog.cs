namespace SshGateway.Proxy.Reports;

internal static partial class ReportLog
{
    // The feed client warns of an outage; reports only follow it.
    [LoggerMessage(1, LogLevel.Debug, "Operator {Address} takes no reports: {Reason}")]
    public static partial void Lost(ILogger logger, string address, string reason);
}
