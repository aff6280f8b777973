using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace SshGateway.Hosting;

/// <summary>Checks the section <c>Logging</c>, which the framework reads.</summary>
internal static class LogLevelSettings
{
    public const string Section = "Logging";

    private const string Levels = "LogLevel";

    private const string Format = "Format";
    private const string Text = "text";
    private const string Json = "json";

    // The alias of LineLoggerProvider.
    private const string Provider = "Console";

    /// <summary>Whether each line is an object of JSON.</summary>
    public static bool IsJson(IConfiguration configuration) => Json.Equals(configuration[$"{Section}:{Format}"], StringComparison.OrdinalIgnoreCase);

    /// <summary>What is wrong with the section, a sentence each.</summary>
    public static IEnumerable<string> FindProblems(IConfiguration configuration)
    {
        IConfigurationSection logging = configuration.GetSection(Section);
        foreach (IConfigurationSection child in logging.GetChildren().Concat(logging.GetSection(Provider).GetChildren()))
        {
            bool isProvider = child.Path.Equals($"{Section}:{Provider}", StringComparison.OrdinalIgnoreCase);
            if (child.Key.Equals(Levels, StringComparison.OrdinalIgnoreCase))
            {
                foreach (string problem in FindBadLevels(child))
                {
                    yield return problem;
                }
            }
            else if (child.Path.Equals($"{Section}:{Format}", StringComparison.OrdinalIgnoreCase))
            {
                if (child.Value is not { } format || !(format.Equals(Text, StringComparison.OrdinalIgnoreCase) || format.Equals(Json, StringComparison.OrdinalIgnoreCase)))
                {
                    yield return $"{child.Path} is \"{child.Value}\"; write {Text} or {Json}";
                }
            }
            else if (!isProvider)
            {
                yield return $"{child.Path} is no key; write {Section}:{Levels}:<category>=<level>, such as {Section}:{Levels}:Default=Debug, or {Section}:{Format}={Json}";
            }
        }
    }

    private static IEnumerable<string> FindBadLevels(IConfigurationSection levels)
    {
        if (levels.Value is { Length: > 0 } level)
        {
            yield return $"{levels.Path} is \"{level}\", and must have categories; write {levels.Path}:Default={level}";
        }
        // As the framework reads it: numbers count, too.
        foreach (IConfigurationSection category in levels.GetChildren().Where(c => !Enum.TryParse(c.Value, ignoreCase: true, out LogLevel known) || !Enum.IsDefined(known)))
        {
            yield return $"{category.Path} is \"{category.Value}\"; write {string.Join(", ", Enum.GetNames<LogLevel>()[..^1])} or {nameof(LogLevel.None)}";
        }
    }
}
