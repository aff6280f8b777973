namespace SshGateway.Operator.Kubernetes.Tokens;

internal static partial class TokenLog
{
    [LoggerMessage(1, LogLevel.Warning, "The API server could not be asked whose a caller's token is: {Problem}")]
    public static partial void Failed(ILogger logger, string problem);
}
