using System.Text;
using System.Text.Json;
using CsCheck;
using SshGateway.Proxy.Recording;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Unit.Recording;

/// <summary>Bytes as the inside of JSON strings.</summary>
public sealed class CastTextTests
{
    private static readonly byte[] Parts = [0xf0, 0x9f, 0x98, 0x80, 0xe2, 0x82, 0xac, 0xc3, (byte)'a', (byte)'"', 0x1b];

    // Mostly what is cut in the middle and what is no UTF-8.
    private static readonly Gen<byte[]> Bytes = Gen.OneOf(
        Gen.Byte.Array[0, 200],
        Gen.String[Gen.Char['\u00a0', '\uffff'], 0, 60].Select(Encoding.UTF8.GetBytes),
        Gen.Int[0, Parts.Length - 1].Select(i => Parts[i]).Array[0, 60]);

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("\"quoted\" \\ back", "\\\"quoted\\\" \\\\ back")]
    [InlineData("\u001b[1m\r\n\t\b\f\0\u007f", "\\u001b[1m\\r\\n\\t\\b\\f\\u0000\\u007f")]
    [InlineData("grüße 😀 \u2028", "grüße 😀 \u2028")]
    public void Text_is_escaped(string text, string expected) => Assert.Equal(expected, Encode(new CastText(false), Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("a\nb", "a\\r\\nb")]
    [InlineData("a\r\nb", "a\\r\\nb")]
    [InlineData("\n\n", "\\r\\n\\r\\n")]
    [InlineData("\rx\n", "\\rx\\r\\n")]
    public void A_line_feed_without_a_terminal_gets_a_carriage_return(string text, string expected)
    {
        Assert.Equal(expected, Encode(new CastText(true), Encoding.UTF8.GetBytes(text)));

        var text2 = new CastText(true);
        Assert.Equal(expected, string.Concat(Encoding.UTF8.GetBytes(text).Select(b => Encode(text2, [b]))));
    }

    [Fact]
    public void However_bytes_are_split_the_text_is_the_same() => Gen.Select(Bytes, Gen.Int[1, 7].Array[1, 200]).Sample((bytes, sizes) =>
    {
        var text = new CastText(false);
        var json = new StringBuilder("\"");
        int at = 0;
        for (int i = 0; at < bytes.Length; i++)
        {
            byte[] part = bytes[at..Math.Min(at + sizes[i % sizes.Length], bytes.Length)];
            json.Append(Encode(text, part));
            at += part.Length;
        }
        json.Append(End(text)).Append('"');

        return JsonSerializer.Deserialize<string>(json.ToString()) == Encoding.UTF8.GetString(bytes);
    });

    [Fact]
    public void The_bound_of_the_output_holds() => Bytes.Sample(bytes =>
    {
        var text = new CastText(true);
        byte[] room = new byte[CastText.MaxEncoded(bytes.Length)];
        text.Encode(bytes, room);
        return text.Encode(bytes, room) <= room.Length;
    });

    [Fact]
    public void Encoding_allocates_nothing()
    {
        var text = new CastText(true);
        byte[] bytes = Encoding.UTF8.GetBytes("plain \u001b[1m grüße\n😀");
        byte[] room = new byte[1024];

        Assert.Equal(0, Allocations.Of(() => text.Encode(bytes, room)));
    }

    private static string Encode(CastText text, byte[] bytes)
    {
        byte[] room = new byte[CastText.MaxEncoded(bytes.Length)];
        return Encoding.UTF8.GetString(room, 0, text.Encode(bytes, room));
    }

    private static string End(CastText text)
    {
        byte[] room = new byte[8];
        return Encoding.UTF8.GetString(room, 0, text.End(room));
    }
}
