namespace SshGateway.Proxy.Recording;

internal static partial class RecordingLog
{
    [LoggerMessage(1, LogLevel.Error, "Cannot record connection {Connection} of session {SessionId} any more: {Problem}. {Consequence}")]
    public static partial void Failed(ILogger logger, string connection, string sessionId, string problem, string consequence);

    [LoggerMessage(2, LogLevel.Warning, "Connection {Connection} of session {SessionId} is not recorded: {Problem}. Proxy:RecordingFailure is Continue")]
    public static partial void Unrecorded(ILogger logger, string connection, string sessionId, string problem);

    [LoggerMessage(3, LogLevel.Debug, "Recording {File} is complete")]
    public static partial void Complete(ILogger logger, string file);

    [LoggerMessage(4, LogLevel.Information, "Recording sessions into {Directory} (bytes that stay free: {MinFreeSpace})")]
    public static partial void Recording(ILogger logger, string directory, long minFreeSpace);

    [LoggerMessage(5, LogLevel.Error, "Recordings cannot be written: {Problem}")]
    public static partial void Broken(ILogger logger, string problem);

    [LoggerMessage(6, LogLevel.Information, "Recordings can be written again")]
    public static partial void Works(ILogger logger);

    [LoggerMessage(7, LogLevel.Debug, "The recording of connection {Connection} could not read messages about channels (count: {Count})")]
    public static partial void Unreadable(ILogger logger, string connection, int count);
}
