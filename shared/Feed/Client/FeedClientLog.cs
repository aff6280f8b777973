using Microsoft.Extensions.Logging;
using SshGateway.Hosting.Text;

namespace SshGateway.Feed.Client;

internal static partial class FeedClientLog
{
    [LoggerMessage(1, LogLevel.Information, "Synchronized with operator {Address} ({Sessions}, epoch {Epoch}, sequence {Sequence})")]
    public static partial void Synchronized(ILogger logger, string address, Quantity sessions, string epoch, ulong sequence);

    [LoggerMessage(2, LogLevel.Warning, "No feed from operator {Address}: {Reason}. Retrying; the table keeps its {Sessions}")]
    public static partial void Lost(ILogger logger, string address, string reason, Quantity sessions);

    [LoggerMessage(3, LogLevel.Debug, "Still no feed from operator {Address}: {Reason}")]
    public static partial void StillLost(ILogger logger, string address, string reason);

    [LoggerMessage(4, LogLevel.Error, "Skipped the operator's entry for session {SessionId}, keeping the one before: {Problem}")]
    public static partial void EntrySkipped(ILogger logger, string sessionId, string problem);

    [LoggerMessage(5, LogLevel.Information, "Operator {Address} closed the stream: {Reason}")]
    public static partial void SentAway(ILogger logger, string address, GoAwayReason reason);

    [LoggerMessage(6, LogLevel.Error, "The table differs from the table of operator {Address}; requesting a snapshot: {Problem}")]
    public static partial void Mismatch(ILogger logger, string address, string problem);

    [LoggerMessage(7, LogLevel.Warning, "For {Minutes} min, all operators have had older data than this {Program}: the cluster was restored to an earlier state. Using the operators' data")]
    public static partial void PutBack(ILogger logger, double minutes, string program);
}
