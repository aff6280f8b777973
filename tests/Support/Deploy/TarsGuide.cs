using System.Text.RegularExpressions;

namespace SshGateway.Tests.Support.Deploy;

/// <summary>The Python of docs/tars.md.</summary>
internal static partial class TarsGuide
{
    /// <summary>All of its blocks, as they stand there, with more below them.</summary>
    public static async Task<string> PythonAsync(string driver) =>
        string.Concat(PythonBlock().Matches(await File.ReadAllTextAsync(Repository.File("docs/tars.md"))).Select(m => m.Groups[1].Value)) + driver;

    [GeneratedRegex("(?ms)^```python\n(.+?)^```")]
    private static partial Regex PythonBlock();
}
