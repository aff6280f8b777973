using SshGateway.Ssh.Wire;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.Wire;

public sealed class PeerTextTests
{
    [Theory]
    [InlineData("Welcome.\r\n\tMind the gap.\n", "Welcome.\r\n\tMind the gap.\n")]
    [InlineData("größe 漢字 \U0001F468\u200d\U0001F4BB می\u200cخواهم", "größe 漢字 \U0001F468\u200d\U0001F4BB می\u200cخواهم")]
    // A terminal obeys ESC, and CSI in one character; BEL, backspace, DEL.
    [InlineData("a\u001b[2Jb\u009b31mc\u0007d\be\u007ff\0", "a [2Jb 31mc d e f ")]
    // Overrides, isolates and marks of direction; separators; a byte order mark.
    [InlineData("a\u202eb\u2066c\u2069d\u200ee\u061cf\u2028g\u2029h\ufeff", "a b c d e f g h ")]
    public void Lines_have_nothing_that_a_terminal_obeys(string said, string shown) => Assert.Equal(shown, PeerText.Lines(said));

    [Fact]
    public void One_line_has_no_line_ends() => Assert.Equal("Gone.  Session abc12 is mine.", PeerText.OneLine("Gone.\r\nSession abc12 is mine."));
}
