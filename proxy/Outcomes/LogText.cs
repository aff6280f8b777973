using System.Globalization;
using System.Text;

namespace SshGateway.Proxy.Outcomes;

/// <summary>What a peer wrote, as it may stand in a log.</summary>
internal static class LogText
{
    private const int MaxLength = 512;

    /// <summary>
    /// In one line, in reading order, and cut where it is too long: control characters, separators of lines and
    /// paragraphs, and characters that change the direction of what follows (CVE-2021-42574) are spaces.
    /// </summary>
    public static string Printable(string? text) =>
        string.Concat((text ?? "").EnumerateRunes().Take(MaxLength).Select(rune => IsPrintable(rune) ? rune : new Rune(' ')));

    private static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
