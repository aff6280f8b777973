using System.Globalization;
using System.Text;

namespace SshGateway.Bench.Reporting;

/// <summary>Results as a Markdown table, which is also what the terminal shows.</summary>
internal static class Report
{
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    public static string Of(ResultFile results)
    {
        string[][] rows =
        [
            ["", "gateway", "spread", "reference", "ratio", "aim", ""],
            ["---", "---:", "---:", "---:", "---:", "---:", "---"],
            .. results.Measurements.Select(Row),
        ];
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        var page = new StringBuilder();
        foreach (string[] row in rows)
        {
            page.Append("| ").AppendJoin(" | ", row.Select((cell, column) => Pad(cell, widths[column], left: column is 0 or 6))).Append(" |\n");
        }
        return page.Append(Culture, $"\n{results.Made}\n").ToString();
    }

    /// <summary>A number with three digits that count.</summary>
    public static string Number(double value) => Math.Abs(value) switch
    {
        >= 100 => value.ToString("f0", Culture),
        >= 10 => value.ToString("f1", Culture),
        _ => value.ToString("f2", Culture),
    };

    private static string[] Row(Measurement measurement) =>
    [
        measurement.Name,
        $"{Number(measurement.Median)} {measurement.Unit}",
        measurement.Values.Count > 1 ? $"± {(100 * measurement.Spread).ToString("f0", Culture)} %" : "",
        measurement.ReferenceMedian is { } reference ? $"{measurement.ReferenceName} {Number(reference)} {measurement.Unit}" : "",
        measurement.Ratio is { } ratio ? ratio.ToString("f2", Culture) : "",
        measurement.Aim is { } aim ? $"{(measurement.MoreIsBetter ? '≥' : '≤')} {aim.ToString(Culture)}{(measurement.Ratio is null ? "" : " ×")}" : "",
        measurement.AimIsMet switch { true => "met", false => "missed", null => "" },
    ];

    private static string Pad(string cell, int width, bool left) =>
        cell.StartsWith("---", StringComparison.Ordinal) ? cell : left ? cell.PadRight(width) : cell.PadLeft(width);
}
