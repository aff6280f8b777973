using System.Globalization;

namespace SshGateway.Hosting.Text;

/// <summary>A number with its noun, as a sentence has it: "1 connection", "20 connections".</summary>
/// <param name="Singular">The noun; its plural has an "s".</param>
internal readonly record struct Quantity(long Number, string Singular)
{
    private static readonly (TimeSpan Unit, string Name)[] Units =
    [
        (TimeSpan.FromDays(1), "day"), (TimeSpan.FromHours(1), "hour"), (TimeSpan.FromMinutes(1), "minute"), (TimeSpan.FromSeconds(1), "second"),
    ];

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Number} {Singular}{(Number == 1 ? "" : "s")}");

    /// <summary>A duration in words, rounded up to whole seconds: "1 hour 30 minutes".</summary>
    /// <param name="duration">Not negative.</param>
    public static string Describe(TimeSpan duration)
    {
        var rest = TimeSpan.FromSeconds(Math.Ceiling(duration.TotalSeconds));
        var parts = new List<string>();
        foreach ((TimeSpan unit, string name) in Units)
        {
            long number = rest.Ticks / unit.Ticks;
            if (number > 0)
            {
                parts.Add(new Quantity(number, name).ToString());
            }
            rest -= number * unit;
        }
        return parts.Count == 0 ? new Quantity(0, "second").ToString() : string.Join(' ', parts);
    }
}
