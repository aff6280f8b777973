namespace SshGateway.Operator.Kubernetes.Leadership;

internal static partial class LeadershipLog
{
    [LoggerMessage(1, LogLevel.Information, "{Identity} holds the lease and writes the sessions' status")]
    public static partial void Taken(ILogger logger, string identity);

    [LoggerMessage(2, LogLevel.Information, "{Identity} no longer holds the lease: {Why}")]
    public static partial void Lost(ILogger logger, string identity, string why);

    [LoggerMessage(3, LogLevel.Warning, "The lease could not be read or renewed: {Problem}")]
    public static partial void Failed(ILogger logger, string problem);
}
