using System.Globalization;
using System.Text;

namespace SshGateway.Ssh.Wire;

/// <summary>
/// What a peer wrote, as people may see it (RFC 4251 section 9.2): control characters, separators of lines and
/// paragraphs, and characters that change the direction of what follows (CVE-2021-42574) are spaces.
/// </summary>
internal static class PeerText
{
    /// <summary>In one line, for a log or behind words of ours.</summary>
    public static string OneLine(string text) => Filter(text, static rune => IsPrintable(rune));

    /// <summary>For a person's terminal: with line ends, tabs and joined characters, such as those of emoji.</summary>
    public static string Lines(string text) => Filter(text, static rune => IsPrintable(rune) || rune.Value is '\r' or '\n' or '\t' or 0x200C or 0x200D);

    private static string Filter(string text, Func<Rune, bool> passes)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (!passes(rune))
            {
                return string.Concat(text.EnumerateRunes().Select(rune => passes(rune) ? rune : new Rune(' ')));
            }
        }
        return text;
    }

    private static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
