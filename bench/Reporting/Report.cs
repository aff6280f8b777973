using System.Globalization;
using System.Text;

namespace SshGateway.Bench.Reporting;

/// <summary>Results as a Markdown table, which is also what the terminal shows.</summary>
internal static class Report
{
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    public static string Of(ResultFile results) => Table(
        ["", "gateway", "spread", "reference", "ratio", "aim", ""],
        ["---", "---:", "---:", "---:", "---:", "---:", "---"],
        results.Measurements.Select(Row)) + $"\n{results.Made}\n";

    /// <param name="heads">The first row.</param>
    /// <param name="alignments">Of each column: <c>---:</c> is right.</param>
    /// <param name="rows">All others.</param>
    public static string Table(string[] heads, string[] alignments, IEnumerable<string[]> rows)
    {
        string[][] all = [heads, alignments, .. rows];
        int[] widths = [.. heads.Select((_, column) => all.Max(row => row[column].Length))];
        var table = new StringBuilder();
        foreach (string[] row in all)
        {
            table.Append("| ").AppendJoin(" | ", row.Select((cell, column) => Pad(cell, widths[column], left: alignments[column] is "---"))).Append(" |\n");
        }
        return table.ToString();
    }

    /// <summary>A number with three digits that count.</summary>
    public static string Number(double value) => Math.Abs(value) switch
    {
        >= 100 => value.ToString("f0", Culture),
        >= 10 => value.ToString("f1", Culture),
        _ => value.ToString("f2", Culture),
    };

    /// <summary>The aim with its unit; empty: there is none.</summary>
    public static string Aim(Measurement measurement) => measurement.Aim is { } aim
        ? $"{(measurement.MoreIsBetter ? '≥' : '≤')} {aim.ToString(Culture)} {(measurement.Ratio is null || measurement.AimsAtValue ? measurement.Unit : "×")}" : "";

    private static string[] Row(Measurement measurement) =>
    [
        measurement.Name,
        $"{Number(measurement.Median)} {measurement.Unit}",
        measurement.Values.Count > 1 ? $"± {(100 * measurement.Spread).ToString("f0", Culture)} %" : "",
        measurement.ReferenceMedian is { } reference ? $"{measurement.ReferenceName} {Number(reference)} {measurement.Unit}" : "",
        measurement.Ratio is { } ratio ? ratio.ToString("f2", Culture) : "",
        Aim(measurement),
        measurement.AimIsMet switch { true => "met", false => "missed", null => "" },
    ];

    private static string Pad(string cell, int width, bool left) =>
        cell.StartsWith("---", StringComparison.Ordinal) ? cell : left ? cell.PadRight(width) : cell.PadLeft(width);
}
