using System.Globalization;
using System.Text;

namespace SshGateway.Bench.Report;

/// <summary>What moved between two runs: the guard against getting slower unnoticed.</summary>
internal static class Movement
{
    // Shared machines: less than this says nothing.
    private const double Noise = 0.10;

    /// <summary>
    /// A line for each figure whose ratio, or value where it has none, is outside of what both runs' spreads explain.
    /// </summary>
    public static string Between(ResultFile last, ResultFile now)
    {
        var lines = new StringBuilder();
        foreach (Figure figure in now.Figures)
        {
            if (last.Figures.FirstOrDefault(other => other.Name == figure.Name) is not { } before)
            {
                continue;
            }
            double change = (figure.Judged / before.Judged) - 1;
            if (Math.Abs(change) > Math.Max(Noise, figure.Spread + before.Spread))
            {
                string verdict = change > 0 == figure.MoreIsBetter ? "better" : "worse";
                lines.Append(
                    CultureInfo.InvariantCulture,
                    $"{verdict}: {figure.Name}: {Page.Number(before.Judged)} → {Page.Number(figure.Judged)}{(figure.Ratio is null ? " " + figure.Unit : " of " + figure.ReferenceName)} ({change:+0 %;-0 %})\n");
            }
        }
        return lines.Length == 0 ? "no change beyond the spread\n" : lines.ToString();
    }
}
