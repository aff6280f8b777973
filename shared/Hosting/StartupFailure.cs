namespace SshGateway.Hosting;

/// <summary>What stops a process at its start.</summary>
internal static class StartupFailure
{
    /// <summary>
    /// Whether this is a fault of the configuration or the machine (a file that is not there, a port that is taken),
    /// which its message explains and a stack trace would hide.
    /// </summary>
    public static bool IsExplained(Exception exception) =>
        exception is ConfigurationException or FormatException or IOException or InvalidDataException or UnauthorizedAccessException;

    /// <summary>The message, with the causes that it leaves out.</summary>
    public static string Explain(Exception exception)
    {
        string? cause = exception.InnerException is { } inner ? Explain(inner) : null;
        return cause is null || exception.Message.Contains(cause, StringComparison.OrdinalIgnoreCase) ? exception.Message : $"{exception.Message} {cause}";
    }
}
