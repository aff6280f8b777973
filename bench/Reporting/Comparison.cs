using System.Globalization;
using System.Text;

namespace SshGateway.Bench.Reporting;

/// <summary>What moved between two runs: the guard against getting slower unnoticed.</summary>
internal static class Comparison
{
    // Shared machines: less than this says nothing.
    private const double Noise = 0.10;

    /// <summary>
    /// A line for each measurement whose ratio, or value where it has none, is outside of what both runs' spreads
    /// explain.
    /// </summary>
    public static string Between(ResultFile last, ResultFile now)
    {
        var lines = new StringBuilder();
        foreach (Measurement measurement in now.Measurements)
        {
            if (last.Measurements.FirstOrDefault(other => (other.Name, other.ReferenceName) == (measurement.Name, measurement.ReferenceName)) is not { } before)
            {
                continue;
            }
            double change = (measurement.Relative / before.Relative) - 1;
            if (Math.Abs(change) > Math.Max(Noise, measurement.Spread + before.Spread))
            {
                string verdict = change > 0 == measurement.MoreIsBetter ? "better" : "worse";
                lines.Append(
                    CultureInfo.InvariantCulture,
                    $"{verdict}: {measurement.Name}: {Report.Number(before.Relative)} → {Report.Number(measurement.Relative)}{(measurement.Ratio is null ? " " + measurement.Unit : " of " + measurement.ReferenceName)} ({change:+0 %;-0 %})\n");
            }
        }
        return lines.Length == 0 ? "no change beyond the spread\n" : lines.ToString();
    }
}
