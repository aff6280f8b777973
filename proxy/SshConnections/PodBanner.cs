using System.Text;
using System.Text.Unicode;
using SshGateway.Ssh.Wire;

namespace SshGateway.Proxy.SshConnections;

/// <summary>A banner of the pod's sshd, as its user may see it.</summary>
internal static class PodBanner
{
    // Never longer than what it replaces: the message still fits in a packet.
    private static readonly Encoding Decoder = Encoding.GetEncoding("utf-8", EncoderFallback.ExceptionFallback, new DecoderReplacementFallback("?"));

    //  byte      SSH_MSG_USERAUTH_BANNER
    //  string    message in ISO-10646 UTF-8 encoding
    //  string    language tag

    /// <summary>Without what a terminal obeys or what hides or reorders words. All else stays as it is.</summary>
    /// <exception cref="SshFormatException">It is no banner.</exception>
    public static ReadOnlyMemory<byte> Clean(ReadOnlyMemory<byte> message)
    {
        var reader = new SshReader(message.Span[1..]);
        ReadOnlySpan<byte> text = reader.ReadString();
        ReadOnlySpan<byte> language = reader.ReadString();
        return IsClean(text) && IsClean(language)
            ? message
            : SshWriter.Message(MessageNumber.UserAuthBanner).WriteString(Clean(text)).WriteString(Clean(language)).ToArray();
    }

    private static bool IsClean(ReadOnlySpan<byte> text) => Utf8.IsValid(text) && Clean(text) == Encoding.UTF8.GetString(text);

    private static string Clean(ReadOnlySpan<byte> text) => PeerText.Lines(Decoder.GetString(text));
}
