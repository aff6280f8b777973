using SshGateway.Bench.Reporting;

namespace SshGateway.Bench.Recording;

/// <summary>What of a run is committed: the raw results, the chart, and the blocks of docs/performance.md.</summary>
internal static class PerformancePage
{
    /// <summary>What the next run is compared with.</summary>
    public const string LastResults = "docs/performance.json";

    private const string End = "<!-- end -->\n";

    public static void Write(Results results, string directory)
    {
        string path = Path.Combine(directory, "performance.md");
        string text = File.ReadAllText(path);
        var costs = new Costs(results);
        text = Replace(text, path, "costs", CostTable.Of(results, costs));
        text = Replace(text, path, "example", SizingExample.Of(costs));
        text = Replace(text, path, "results", Report.Of(results.Traffic with { Measurements = [.. results.Traffic.Measurements.Where(measurement => measurement.Aim is not null)] }));
        text = Replace(text, path, "missed aims", Missed(results.Traffic));
        text = Replace(text, path, "scale", ScaleTable.Of(results, costs));
        File.WriteAllText(path, text);
        results.Traffic.Save(Path.Combine(directory, "performance.json"));
        File.WriteAllText(Path.Combine(directory, "performance.svg"), Chart.Of(results.Traffic));
    }

    private static string Replace(string text, string path, string block, string content)
    {
        string head = $"<!-- make bench-record: {block} -->\n";
        int begin = text.IndexOf(head, StringComparison.Ordinal);
        int end = begin < 0 ? -1 : text.IndexOf(End, begin, StringComparison.Ordinal);
        return end < 0
            ? throw new InvalidDataException($"{path} lacks the lines {head.Trim()} and {End.Trim()}; add them where the block belongs")
            : $"{text[..(begin + head.Length)]}\n{content}\n{text[end..]}";
    }

    private static string Missed(ResultFile traffic)
    {
        string[] missed =
        [
            .. traffic.Measurements.Where(measurement => measurement.AimIsMet == false).Select(measurement =>
                $"* {measurement.Name}: {Report.Number(measurement.Judged)} {Bound(measurement)}\n"),
        ];
        return missed.Length == 0 ? "None.\n" : string.Concat(missed);
    }

    private static string Bound(Measurement measurement) => measurement is { Ratio: not null, AimsAtValue: false }
        ? $"× {measurement.ReferenceName} (aim {Report.Aim(measurement)})"
        : $"{measurement.Unit} (aim {Report.Aim(measurement)})";
}
