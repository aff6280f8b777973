namespace SshGateway.Proxy.Keys;

internal static partial class KeyFilesLog
{
    [LoggerMessage(1, LogLevel.Information, "The private keys in {Paths} have changed. New connections use {Keys}")]
    public static partial void Changed(ILogger logger, string paths, string keys);

    [LoggerMessage(2, LogLevel.Error, "Private keys have changed and cannot be used, so the last ones stay in force: {Problem}")]
    public static partial void Unusable(ILogger logger, string problem);
}
