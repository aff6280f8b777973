using System.Text;
using SshGateway.Proxy.SshConnections;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.SshConnections;

public sealed class LoginWordsTests
{
    private readonly List<ReadOnlyMemory<byte>> _sent = [];

    private IEnumerable<string> Shown => _sent.Select(message =>
    {
        var reader = new SshReader(message.Span[1..]);
        string text = Encoding.UTF8.GetString(reader.ReadString());
        reader.ReadString();
        reader.End();
        return text;
    });

    [Theory]
    [InlineData("Welcome to the pod.\r\n")]
    [InlineData("")]
    [InlineData("Grüße, 漢字 \U0001F468\u200d\U0001F4BB\n\tتسجيل الدخول\n")]
    public async Task An_ordinary_banner_is_relayed_as_it_is(string banner)
    {
        byte[] message = PodPeer.BannerMessage(banner);
        await NewWords().RelayAsync(message);
        Assert.Equal(message, Assert.Single(_sent).ToArray());
    }

    [Fact]
    public async Task What_a_terminal_obeys_is_not_relayed()
    {
        await NewWords().RelayAsync(PodPeer.BannerMessage("\u001b]0;title\u0007Password:\u202e\r\n"));
        Assert.Equal(" ]0;title Password: \r\n", Assert.Single(Shown));
    }

    // Bytes that are not UTF-8 may be control characters of another encoding. The message does not grow: it may be as
    // long as a packet.
    [Fact]
    public async Task Bytes_that_are_not_UTF_8_are_not_relayed()
    {
        byte[] message = SshWriter.Message(MessageNumber.UserAuthBanner).WriteString([(byte)'a', 0x9b, (byte)'b', 0xff, 0xc3]).WriteString("e\nn").ToArray();
        await NewWords().RelayAsync(message);
        Assert.Equal("a?b??", Assert.Single(Shown));
        Assert.Equal(message.Length, _sent[0].Length);
    }

    [Fact]
    public async Task A_banner_behind_a_sentence_of_the_gateway_is_introduced_as_the_pods()
    {
        LoginWords words = NewWords();
        await words.SayAsync("Session abc12 is starting.");
        await words.RelayAsync(PodPeer.BannerMessage("Session abc12 needs your password.\n"));
        await words.RelayAsync(PodPeer.BannerMessage("More.\n"));
        await words.SayAsync("The gateway waits.");
        await words.RelayAsync(PodPeer.BannerMessage("Still here.\n"));
        Assert.Equal(
            [
                "Session abc12 is starting.\r\n",
                "The pod of session abc12 says:\r\n", "Session abc12 needs your password.\n", "More.\n",
                "The gateway waits.\r\n",
                "The pod of session abc12 says:\r\n", "Still here.\n",
            ],
            Shown);
    }

    [Fact]
    public async Task A_message_that_is_no_banner_is_refused() =>
        await Assert.ThrowsAsync<SshFormatException>(() => NewWords().RelayAsync(new byte[] { MessageNumber.UserAuthBanner, 0, 0, 1, 0, 1 }).AsTask());

    private LoginWords NewWords() => new("abc12", message =>
    {
        _sent.Add(message);
        return ValueTask.CompletedTask;
    });
}
