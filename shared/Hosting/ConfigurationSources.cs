using Microsoft.Extensions.Configuration;

namespace SshGateway.Hosting;

/// <summary>Where both processes read their configuration from.</summary>
public static class ConfigurationSources
{
    /// <summary>
    /// Replaces the builder's own sources; the later one wins: appsettings.json beside the program, the file named by
    /// <c>--config</c>, environment variables, command-line arguments.
    /// </summary>
    public static void UseGatewaySources(this ConfigurationManager configuration, string[] arguments)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        configuration.Sources.Clear();
        configuration.AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true, reloadOnChange: false);
        if (new ConfigurationBuilder().AddCommandLine(arguments).Build()["config"] is { } file)
        {
            configuration.AddJsonFile(Path.GetFullPath(file), optional: false, reloadOnChange: false);
        }
        configuration.AddEnvironmentVariables();
        configuration.AddCommandLine(arguments);
    }
}
