namespace SshGateway.Operator.Yaml;

internal static partial class ManifestLog
{
    [LoggerMessage(1, LogLevel.Error, "{Problem}")]
    public static partial void Problem(ILogger logger, string problem);
}
