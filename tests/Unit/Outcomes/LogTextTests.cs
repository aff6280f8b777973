using SshGateway.Proxy.Outcomes;
using Xunit;

namespace SshGateway.Tests.Unit.Outcomes;

/// <summary>What a peer wrote must not move, hide or reorder what else stands in a log.</summary>
public sealed class LogTextTests
{
    [Theory]
    [InlineData("a\nb\x1b[31mc\0d", "a b [31mc d")]
    [InlineData("a\u2028b\u2029c\u0085d", "a b c d")]
    // Right-to-left override and isolate, zero-width space, byte order mark.
    [InlineData("a\u202eb\u2067c\u200bd\ufeff", "a b c d ")]
    [InlineData("größe 漢字 \U0001F600", "größe 漢字 \U0001F600")]
    [InlineData(null, "")]
    public void It_is_one_line_in_reading_order(string? text, string expected) => Assert.Equal(expected, LogText.Printable(text));

    [Fact]
    public void It_is_short() => Assert.Equal(new string('x', 512), LogText.Printable(new string('x', 10_000)));
}
