namespace SshGateway.Bench.Reporting;

/// <summary>What of a run is committed: the raw results, the chart, and the page within docs/performance.md.</summary>
internal static class Document
{
    /// <summary>What the next run is compared with.</summary>
    public const string LastResults = "docs/performance.json";

    private const string Begin = "<!-- make bench-record writes from here -->\n";
    private const string End = "<!-- to here -->\n";

    public static void Write(ResultFile results, string directory)
    {
        results.Save(Path.Combine(directory, "performance.json"));
        File.WriteAllText(Path.Combine(directory, "performance.svg"), Chart.Of(results));
        string path = Path.Combine(directory, "performance.md");
        string text = File.ReadAllText(path);
        int begin = text.IndexOf(Begin, StringComparison.Ordinal);
        int end = text.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
        {
            throw new InvalidDataException($"{path} lacks the lines {Begin.Trim()} and {End.Trim()}; add them where the results belong");
        }
        File.WriteAllText(path, text[..(begin + Begin.Length)] + "\n" + Report.Of(results) + "\n" + text[end..]);
    }
}
