using SshGateway.Feed;

namespace SshGateway.Proxy.Feed;

internal static partial class FeedClientLog
{
    [LoggerMessage(1, LogLevel.Information, "In step with operator {Address}: {Count} sessions, epoch {Epoch}, sequence {Sequence}")]
    public static partial void InStep(ILogger logger, string address, ulong count, string epoch, ulong sequence);

    [LoggerMessage(2, LogLevel.Warning, "No feed from operator {Address}: {Reason}. Trying on; {Count} sessions stay as they were last known")]
    public static partial void Lost(ILogger logger, string address, string reason, int count);

    [LoggerMessage(3, LogLevel.Debug, "No feed from operator {Address} yet: {Reason}")]
    public static partial void StillLost(ILogger logger, string address, string reason);

    [LoggerMessage(4, LogLevel.Error, "The operator's entry for session {SessionId} is skipped, the one before it stays: {Problem}")]
    public static partial void EntrySkipped(ILogger logger, string sessionId, string problem);

    [LoggerMessage(5, LogLevel.Information, "Operator {Address} ends the stream: {Reason}")]
    public static partial void SentAway(ILogger logger, string address, GoAwayReason reason);

    [LoggerMessage(6, LogLevel.Error, "The table is not that of operator {Address}, the whole of it is asked for: {Problem}")]
    public static partial void Mismatch(ILogger logger, string address, string problem);

    [LoggerMessage(7, LogLevel.Warning, "For {Minutes} minutes, all operators have been behind what this proxy has seen: the cluster was put back to an earlier state, and what they have counts")]
    public static partial void PutBack(ILogger logger, double minutes);
}
