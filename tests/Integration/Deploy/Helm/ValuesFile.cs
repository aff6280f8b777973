using System.Text.Json;
using System.Text.RegularExpressions;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Deploy.Helm;

namespace SshGateway.Tests.Integration.Deploy.Helm;

/// <summary>A value of values.yaml: what a comment "# -- …" describes, as helm-docs has it.</summary>
/// <param name="Default">As JSON.</param>
internal sealed record ChartValue(string Path, string Type, string Default, string Description);

/// <summary>The chart's values.yaml, with its comments.</summary>
internal static partial class ValuesFile
{
    public static IReadOnlyList<ChartValue> Read()
    {
        string text = File.ReadAllText(ChartFiles.File("values.yaml"));
        JsonElement values = Manifest.Parse(text).Single();
        var found = new List<ChartValue>();
        var parents = new Stack<(int Indent, string Name)>();
        string? description = null;
        // Inside of a value that is described as a whole.
        int inside = int.MaxValue;
        foreach (string line in text.Split('\n').Where(line => line.Trim().Length > 0))
        {
            int indent = line.Length - line.TrimStart().Length;
            if (indent > inside)
            {
                continue;
            }
            inside = int.MaxValue;
            if (line.TrimStart().StartsWith('#'))
            {
                description = Comment().Match(line) is { Success: true } comment ? comment.Groups[1].Value
                    // Further lines of the same comment.
                    : description is null ? null : $"{description} {line.TrimStart().TrimStart('#').Trim()}";
                continue;
            }
            string name = line.Trim().Split(':')[0];
            while (parents.TryPeek(out (int Indent, string Name) parent) && parent.Indent >= indent)
            {
                parents.Pop();
            }
            if (description is null)
            {
                Assert.True(line.EndsWith(':'), $"values.yaml does not describe {line.Trim()}");
                parents.Push((indent, name));
                continue;
            }
            string path = string.Join('.', [.. parents.Reverse().Select(p => p.Name), name]);
            found.Add(Value(path, values.At(path), description));
            description = null;
            inside = indent;
        }
        return found;
    }

    private static ChartValue Value(string path, JsonElement value, string description)
    {
        Match typed = Typed().Match(description);
        string type = typed.Success ? typed.Groups[1].Value : value.ValueKind switch
        {
            JsonValueKind.Array => "list",
            JsonValueKind.Object => "object",
            JsonValueKind.Number => "int",
            JsonValueKind.String => "string",
            _ => "bool",
        };
        return new ChartValue(path, type, JsonSerializer.Serialize(value), typed.Success ? typed.Groups[2].Value : description);
    }

    [GeneratedRegex(@"^\s*# -- (.+)$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"^\((\w+)\) (.+)$")]
    private static partial Regex Typed();
}
