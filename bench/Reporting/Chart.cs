using System.Globalization;
using System.Net;
using System.Text;

namespace SshGateway.Bench.Reporting;

/// <summary>The ratios as an SVG: a bar for each measurement that has an aim, its length in parts of the aim.</summary>
internal static class Chart
{
    private const int Row = 26;
    private const int Names = 330;
    private const int Aim = 250;
    private const int Longest = 2 * Aim;
    private const int Values = 190;

    public static string Of(ResultFile results)
    {
        Measurement[] judged = [.. results.Measurements.Where(measurement => measurement.Aim is not null)];
        int height = (judged.Length + 2) * Row;
        var svg = new StringBuilder();
        svg.Append(
            CultureInfo.InvariantCulture,
            $"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{Names + Longest + Values}" height="{height}" font-family="sans-serif" font-size="13">
            <rect width="100%" height="100%" fill="#ffffff"/>
            <text x="{Names + Aim}" y="16" text-anchor="middle" fill="#555555">aim</text>

            """);
        for (int index = 0; index < judged.Length; index++)
        {
            Append(svg, judged[index], (index + 1) * Row);
        }
        return svg.Append(
            CultureInfo.InvariantCulture,
            $"""
            <line x1="{Names + Aim}" y1="{Row - 4}" x2="{Names + Aim}" y2="{height - Row}" stroke="#555555" stroke-dasharray="4 3"/>
            </svg>

            """).ToString();
    }

    private static void Append(StringBuilder svg, Measurement measurement, int y)
    {
        int length = (int)Math.Clamp(Aim * measurement.Judged / measurement.Aim!.Value, 1, Longest);
        string colour = measurement.AimIsMet == true ? "#2e7d32" : "#c62828";
        string value = measurement is { Ratio: { } ratio, AimsAtValue: false } ? $"{ratio.ToString("f2", CultureInfo.InvariantCulture)} of {measurement.ReferenceName}" : $"{Report.Number(measurement.Median)} {measurement.Unit}";
        string bound = measurement.MoreIsBetter ? "at least" : "at most";
        svg.Append(
            CultureInfo.InvariantCulture,
            $"""
            <text x="{Names - 8}" y="{y + 15}" text-anchor="end">{WebUtility.HtmlEncode(measurement.Name)}</text>
            <rect x="{Names}" y="{y + 3}" width="{length}" height="{Row - 8}" fill="{colour}"/>
            <text x="{Names + length + 8}" y="{y + 15}" fill="#333333">{WebUtility.HtmlEncode(value)} ({bound} {measurement.Aim})</text>

            """);
    }
}
