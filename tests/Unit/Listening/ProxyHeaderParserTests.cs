using System.Text;
using CsCheck;
using SshGateway.Proxy.Listening;
using SshGateway.Proxy.Outcomes;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Listening;

public sealed class ProxyHeaderParserTests
{
    private const int Longest = 4096;
    private const string Signature = "0d0a0d0a000d0a515549540a";

    public static TheoryData<byte[], string?> Good => new()
    {
        { Line("PROXY TCP4 192.0.2.7 198.51.100.1 56324 2222\r\n"), "192.0.2.7:56324" },
        { Line("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"), "255.255.255.255:65535" },
        { Line("PROXY TCP4 192.0.2.7 198.51.100.1 0 0\r\n"), "192.0.2.7:0" },
        { Line("PROXY TCP6 2001:db8::7 2001:db8::1 56324 2222\r\n"), "[2001:db8::7]:56324" },
        { Line("PROXY TCP6 2001:DB8:0:0:0:0:0:7 ::1 1 2\r\n"), "[2001:db8::7]:1" },
        { Line("PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n"), "192.0.2.7:1" },
        { Line("PROXY UNKNOWN\r\n"), null },
        { Line("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n"), null },
        { Hex.Bytes(Signature + "2111000c" + "c0000207c6336401dc0408ae"), "192.0.2.7:56324" },
        { Hex.Bytes(Signature + "21210024" + "20010db8000000000000000000000007" + "20010db8000000000000000000000001" + "dc0408ae"), "[2001:db8::7]:56324" },
        { Hex.Bytes(Signature + "21210024" + "00000000000000000000ffffc0000207" + "00000000000000000000000000000001" + "dc0408ae"), "192.0.2.7:56324" },
        // TLVs behind the addresses: PP2_TYPE_NOOP and PP2_TYPE_AUTHORITY.
        { Hex.Bytes(Signature + "21110016" + "c0000207c6336401dc0408ae" + "040001ff" + "020003" + "616263"), "192.0.2.7:56324" },
        // LOCAL, with and without addresses that are to be ignored.
        { Hex.Bytes(Signature + "20000000"), null },
        { Hex.Bytes(Signature + "2011000c" + "c0000207c6336401dc0408ae"), null },
        // UNSPEC, UNIX stream, UDP.
        { Hex.Bytes(Signature + "21000003" + "040000"), null },
        { Hex.Bytes(Signature + "213100d8" + new string('0', 2 * 216)), null },
        { Hex.Bytes(Signature + "2112000c" + "c0000207c6336401dc0408ae"), null },
    };

    [Theory]
    [MemberData(nameof(Good))]
    public void A_header_says_where_the_client_is(byte[] header, string? source)
    {
        ProxyHeader parsed = ProxyHeaderParser.TryParse([.. header, .. "SSH-2.0-x\r\n"u8], Longest)!.Value;
        Assert.Equal(header.Length, parsed.Length);
        Assert.Equal(source, parsed.Source?.ToString());
        for (int length = 0; length < header.Length; length++)
        {
            Assert.Null(ProxyHeaderParser.TryParse(header.AsSpan(0, length), Longest));
        }
    }

    public static TheoryData<byte[], string> Bad => new()
    {
        { Line("SSH-2.0-OpenSSH_9.2\r\n"), "no PROXY header" },
        { Line("PROXYTCP4"), "no PROXY header" },
        { Line("\r\n\r\nx"), "no PROXY header" },
        { Line("PROXY \r\n"), "malformed" },
        { Line("PROXY TCP5 192.0.2.7 198.51.100.1 1 2\r\n"), "malformed" },
        { Line("PROXY TCP4 192.0.2.7 198.51.100.1 1\r\n"), "malformed" },
        { Line("PROXY TCP4 192.0.2.7 198.51.100.1 1 2 3\r\n"), "malformed" },
        { Line("PROXY TCP4  192.0.2.7 198.51.100.1 1 2\r\n"), "malformed" },
        { Line("PROXY TCP4 192.0.2 198.51.100.1 1 2\r\n"), "malformed" },
        { Line("PROXY TCP4 0xc0000207 198.51.100.1 1 2\r\n"), "malformed" },
        { Line("PROXY TCP4 2001:db8::7 198.51.100.1 1 2\r\n"), "malformed" },
        { Line("PROXY TCP4 192.0.2.7 x 1 2\r\n"), "malformed" },
        { Line("PROXY TCP6 192.0.2.7 2001:db8::1 1 2\r\n"), "malformed" },
        { Line("PROXY TCP6 fe80::1%1 2001:db8::1 1 2\r\n"), "malformed" },
        { Line("PROXY TCP6 [2001:db8::7] 2001:db8::1 1 2\r\n"), "malformed" },
        { Line("PROXY TCP4 192.0.2.7 198.51.100.1 65536 2\r\n"), "malformed" },
        { Line("PROXY TCP4 192.0.2.7 198.51.100.1 01 2\r\n"), "malformed" },
        { Line("PROXY TCP4 192.0.2.7 198.51.100.1 1 +2\r\n"), "malformed" },
        { Line("PROXY UNKNOWN " + new string('x', 93)), "107 bytes" },
        { Hex.Bytes(Signature + "1111000c" + "c0000207c6336401dc0408ae"), "version" },
        { Hex.Bytes(Signature + "2211000c" + "c0000207c6336401dc0408ae"), "version" },
        { Hex.Bytes(Signature + "2111000b" + "c0000207c6336401dc0408"), "room" },
        { Hex.Bytes(Signature + "21210023" + new string('0', 70)), "room" },
        { Hex.Bytes(Signature + "21410000"), "family" },
        { Hex.Bytes(Signature + "2111ffff"), "65551 bytes" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void What_is_no_header_is_refused(byte[] bytes, string words)
    {
        PrefaceException refused = Assert.Throws<PrefaceException>(() => ProxyHeaderParser.TryParse(bytes, Longest));
        Assert.Equal(ConnectionEnd.ProxyHeaderInvalid, refused.End);
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Mutated_headers_are_read_or_refused_and_nothing_else()
    {
        byte[][] good = [.. Good.Select(row => (byte[])row[0])];
        Gen.Int[0, good.Length - 1].SelectMany(i => Mutation.Of(good[i])).Sample(
            bytes =>
            {
                try
                {
                    ProxyHeader? header = ProxyHeaderParser.TryParse(bytes, Longest);
                    Assert.InRange(header?.Length ?? 1, 1, bytes.Length);
                }
                catch (PrefaceException)
                {
                    // Refused.
                }
            },
            iter: 20_000, print: Convert.ToHexString);
    }

    private static byte[] Line(string text) => Encoding.ASCII.GetBytes(text);
}
