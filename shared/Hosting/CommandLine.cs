namespace SshGateway.Hosting;

/// <summary>
/// Refuses what the configuration's command-line provider skips without a word: stray words, settings without a value,
/// and settings of sections that nobody reads.
/// </summary>
internal static class CommandLine
{
    public const string ConfigFile = "config";

    /// <summary>What is wrong with the arguments, a sentence each.</summary>
    public static IEnumerable<string> FindProblems(IReadOnlyList<string> arguments, string section)
    {
        for (int i = 0; i < arguments.Count; i++)
        {
            string[] parts = arguments[i].Split('=', 2);
            bool isOption = parts[0].StartsWith("--", StringComparison.Ordinal);
            string key = isOption ? parts[0][2..] : parts[0];
            if (!isOption && parts.Length == 1)
            {
                yield return $"\"{arguments[i]}\" on the command line is no setting; write --{section}:<setting>=<value>, such as --{section}:HttpListen=127.0.0.1:8099";
                continue;
            }
            if (FindProblem(key, parts[0], section) is { } problem)
            {
                yield return problem;
            }
            // As the provider reads it: what follows a word without a value is its value.
            string value = parts.Length == 2 ? parts[1] : i + 1 < arguments.Count ? arguments[i + 1] : "";
            bool isMissing = parts.Length == 2 ? value.Length == 0 && key == ConfigFile : value.Length == 0 || value.StartsWith("--", StringComparison.Ordinal);
            if (isMissing)
            {
                yield return $"{parts[0]} on the command line has no value; write {parts[0]}=<value>";
            }
            else if (parts.Length == 1)
            {
                i++;
            }
        }
    }

    private static string? FindProblem(string key, string written, string section)
    {
        string first = key.Split(':')[0];
        string[] known = [section, LogLevelSettings.Section];
        if (key.Equals(ConfigFile, StringComparison.OrdinalIgnoreCase) || (first != key && known.Contains(first, StringComparer.OrdinalIgnoreCase)))
        {
            return null;
        }
        return $"{written} on the command line is no setting; write --{ConfigFile}=<file> or --{section}:<setting>=<value>, such as --{section}:HttpListen=127.0.0.1:8099";
    }
}
