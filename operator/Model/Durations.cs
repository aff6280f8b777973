using System.Globalization;
using System.Text.RegularExpressions;

namespace SshGateway.Operator.Model;

/// <summary>Times as the spec writes them: up to three parts of hours, minutes or seconds, such as 1h30m.</summary>
internal static partial class Durations
{
    /// <summary>Null: it is no such text.</summary>
    public static TimeSpan? Parse(string text)
    {
        Match match = Text().Match(text);
        if (!match.Success)
        {
            return null;
        }
        TimeSpan sum = TimeSpan.Zero;
        foreach (Capture part in match.Groups[1].Captures)
        {
            long number = long.Parse(part.ValueSpan[..^1], CultureInfo.InvariantCulture);
            sum += part.ValueSpan[^1] switch
            {
                'h' => TimeSpan.FromHours(number),
                'm' => TimeSpan.FromMinutes(number),
                _ => TimeSpan.FromSeconds(number),
            };
        }
        return sum;
    }

    [GeneratedRegex(@"^([0-9]{1,6}[hms]){1,3}\z")]
    private static partial Regex Text();
}
