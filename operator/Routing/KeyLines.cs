using SshGateway.Hosting.Text;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Operator.Routing;

/// <summary>
/// The usable keys of one list of the spec. Each item is read as sshd reads a file with that text (auth2-pubkeyfile.c):
/// line by line, without empty lines and comments. A line that is no usable key is named and skipped.
/// </summary>
internal static class KeyLines
{
    private const int MaxItemLength = 4096;

    // Of a file with something else in it not every line needs to be tried.
    private const int MaxSkippedLines = 100;

    /// <param name="field">The list's path in the spec.</param>
    /// <param name="maximum">How many of them count, and how many keys.</param>
    /// <param name="problems">Gets a sentence for each item of which a line is skipped.</param>
    /// <param name="ofHosts">Host keys: those of security keys are none.</param>
    public static IReadOnlyList<SshPublicKey> Parse(string field, IReadOnlyList<string?>? items, int maximum, List<string> problems, bool ofHosts = false)
    {
        var keys = new List<SshPublicKey>();
        for (int i = 0; i < Math.Min(items?.Count ?? 0, maximum); i++)
        {
            string item = $"{field}[{i}]";
            string text = items![i] ?? "";
            if (text.Length > MaxItemLength)
            {
                problems.Add($"{item}: this key is skipped: it has {text.Length} characters; at most {MaxItemLength} are read");
                continue;
            }
            ReadLines(item, text, keys, maximum, ofHosts, maxSkipped: MaxItemLength, problems);
        }
        return keys;
    }

    /// <summary>The usable keys of a whole file.</summary>
    /// <param name="file">Names it in problems.</param>
    /// <param name="maximum">How many keys count.</param>
    /// <param name="problems">Gets a sentence if a line is skipped.</param>
    public static IReadOnlyList<SshPublicKey> ParseFile(string file, string text, int maximum, List<string> problems)
    {
        var keys = new List<SshPublicKey>();
        ReadLines(file, text, keys, maximum, ofHosts: false, MaxSkippedLines, problems);
        return keys;
    }

    private static void ReadLines(
        string item, string text, List<SshPublicKey> keys, int maximum, bool ofHosts, int maxSkipped, List<string> problems)
    {
        string[] lines = text.TrimEnd('\n', '\r', ' ', '\t').Split('\n');
        string? first = null;
        int more = -1;
        for (int number = 1; number <= lines.Length; number++)
        {
            if (TryRead(lines[number - 1], keys, maximum, ofHosts) is { } problem)
            {
                first ??= $"{(lines.Length == 1 ? item : $"{item}, line {number}")}: this key is skipped: {problem}";
                more++;
            }
            if (more == maxSkipped)
            {
                problems.Add($"{first}; and {new Quantity(more, "more line")} of it; the lines after line {number} are not read");
                return;
            }
        }
        if (first is not null)
        {
            // One sentence, however many lines somebody pasted: the status has no room for all.
            problems.Add(more == 0 ? first : $"{first}; and {new Quantity(more, "more line")} of it");
        }
    }

    // Returns what is wrong with the line.
    private static string? TryRead(string line, List<SshPublicKey> keys, int maximum, bool ofHosts)
    {
        line = line.TrimStart(' ', '\t');
        if (line is "" or "\r" || line[0] == '#')
        {
            return null;
        }
        if (line.Length > MaxItemLength)
        {
            return $"it has {line.Length} characters; at most {MaxItemLength} are read";
        }
        try
        {
            SshPublicKey key = SshPublicKey.ParseLine(line);
            if (ofHosts && SshKeyTypes.IsSecurityKey(key.Type))
            {
                return "a security key is no host key";
            }
            if (keys.Count == maximum)
            {
                return $"there are {maximum} keys before it, the maximum";
            }
            keys.Add(key);
            return null;
        }
        catch (SshFormatException exception)
        {
            return exception.Message;
        }
    }
}
