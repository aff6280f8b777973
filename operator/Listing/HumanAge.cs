using System.Globalization;

namespace SshGateway.Operator.Listing;

/// <summary>An age as kubectl writes it: the older, the coarser (k8s.io/apimachinery, util/duration).</summary>
internal static class HumanAge
{
    private const int HoursOfYear = 365 * 24;

    /// <param name="since">When it began; null: unknown.</param>
    public static string Format(DateTimeOffset? since, DateTimeOffset now) => since is { } began ? Format(now - began) : "<unknown>";

    private static string Format(TimeSpan age)
    {
        long seconds = (long)age.TotalSeconds;
        long minutes = seconds / 60;
        long hours = minutes / 60;
        return seconds switch
        {
            // Two clocks may differ by a second.
            < -1 => "<invalid>",
            < 0 => "0s",
            < 2 * 60 => Text(seconds, "s"),
            < 10 * 60 => Text(minutes, "m", seconds % 60, "s"),
            < 3 * 3600 => Text(minutes, "m"),
            < 8 * 3600 => Text(hours, "h", minutes % 60, "m"),
            < 48 * 3600 => Text(hours, "h"),
            < 8 * 24 * 3600 => Text(hours / 24, "d", hours % 24, "h"),
            < 2L * HoursOfYear * 3600 => Text(hours / 24, "d"),
            < 8L * HoursOfYear * 3600 => Text(hours / HoursOfYear, "y", hours / 24 % 365, "d"),
            _ => Text(hours / HoursOfYear, "y"),
        };
    }

    private static string Text(long number, string unit, long rest = 0, string ofRest = "") =>
        string.Create(CultureInfo.InvariantCulture, $"{number}{unit}") + (rest == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{rest}{ofRest}"));
}
