using Microsoft.Extensions.Configuration;
using SshGateway.Hosting.Files;

namespace SshGateway.Hosting;

/// <summary>Where all programs read their configuration from.</summary>
internal static class ConfigurationSources
{
    /// <summary>The sections of all programs: one file may serve them all.</summary>
    internal static readonly string[] Sections = ["Operator", "Proxy", "Exec", LogLevelSettings.Section];

    /// <summary>
    /// Replaces the builder's own sources; the later one wins: appsettings.json beside the program, the file named by
    /// <c>--config</c>, environment variables, command-line arguments.
    /// </summary>
    /// <exception cref="ConfigurationException">An argument, a file's section or a log level is none.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static void UseGatewaySources(this ConfigurationManager configuration, string section, string[] arguments)
    {
        ThrowIfAny(CommandLine.FindProblems(arguments, section));
        configuration.Sources.Clear();
        string beside = Path.Combine(AppContext.BaseDirectory, "appsettings.json");
        if (File.Exists(beside))
        {
            AddFile(configuration, beside);
        }
        if (new ConfigurationBuilder().AddCommandLine(arguments).Build()[CommandLine.ConfigFile] is { } file)
        {
            AddFile(configuration, Path.GetFullPath(file));
        }
        configuration.AddEnvironmentVariables();
        configuration.AddCommandLine(arguments);
        ThrowIfAny(LogLevelSettings.FindProblems(configuration));
    }

    private static void AddFile(ConfigurationManager configuration, string path)
    {
        // The provider would wait for a FIFO.
        RegularFile.ReadBytes(path);
        ThrowIfAny(FindUnknownSections(path));
        configuration.AddJsonFile(path, optional: false, reloadOnChange: false);
    }

    private static IEnumerable<string> FindUnknownSections(string path) =>
        from child in new ConfigurationBuilder().AddJsonFile(path).Build().GetChildren()
        where !Sections.Contains(child.Key, StringComparer.OrdinalIgnoreCase)
        let meant = Spelling.Closest(child.Key, Sections)
        select $"{path}: there is no section \"{child.Key}\"; {(meant is null ? "" : $"did you mean {meant}? ")}Write settings into {string.Join(", ", Sections[..^1])} or {Sections[^1]}";

    private static void ThrowIfAny(IEnumerable<string> problems)
    {
        if (problems.ToArray() is { Length: > 0 } failures)
        {
            throw new ConfigurationException(failures);
        }
    }
}
