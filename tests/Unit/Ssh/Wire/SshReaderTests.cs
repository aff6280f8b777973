using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.Wire;

public sealed class SshReaderTests
{
    // RFC 4251 section 5: "value (hex)" and "representation (hex)" of mpint.
    [Theory]
    [InlineData("0", "00 00 00 00")]
    [InlineData("09a378f9b2e332a7", "00 00 00 08 09 a3 78 f9 b2 e3 32 a7")]
    [InlineData("80", "00 00 00 02 00 80")]
    public void Positive_mpints_are_laid_out_as_in_RFC_4251_section_5(string value, string representation)
    {
        byte[] number = value == "0" ? [0] : Hex.Bytes(value);
        byte[] expected = Hex.Bytes(representation);

        Assert.Equal(expected, new SshWriter().WritePositiveMpint(number).ToArray());
        Assert.Equal(expected, new SshWriter().WritePositiveMpint([0, 0, 0, .. number]).ToArray());
        byte[] read = new SshReader(expected).ReadPositiveMpint().ToArray();
        Assert.Equal(value == "0" ? [] : number, read);
    }

    // RFC 4251 section 5: -1234 and -deadbeef; no number in the protocol is negative.
    [Theory]
    [InlineData("00 00 00 02 ed cc")]
    [InlineData("00 00 00 05 ff 21 52 41 11")]
    public void Negative_mpints_of_RFC_4251_section_5_are_refused(string representation) =>
        Assert.Throws<SshFormatException>(() => ReadMpint(representation));

    [Theory]
    [InlineData("00 00 00 01 00")]
    [InlineData("00 00 00 02 00 7f")]
    [InlineData("00 00 00 03 00 00 80")]
    public void Mpints_with_unnecessary_leading_zeros_are_refused(string representation) =>
        Assert.Throws<SshFormatException>(() => ReadMpint(representation));

    // RFC 4251 section 5: name-list examples.
    [Theory]
    [InlineData("", "00 00 00 00")]
    [InlineData("zlib", "00 00 00 04 7a 6c 69 62")]
    [InlineData("zlib,none", "00 00 00 09 7a 6c 69 62 2c 6e 6f 6e 65")]
    public void Name_lists_are_laid_out_as_in_RFC_4251_section_5(string names, string representation) =>
        Assert.Equal(Hex.Bytes(representation), new SshWriter().WriteNameList(names.Split(',')).ToArray());

    [Fact]
    public void Integers_strings_and_booleans_round_trip()
    {
        byte[] message = new SshWriter(1)
            .WriteByte(7).WriteBoolean(true).WriteBoolean(false).WriteUInt32(699921578).WriteUInt64(0x0102030405060708).WriteString("testing").WriteBytes([9]).ToArray();
        // RFC 4251 section 5: 699921578 is 29 b7 f4 aa, "testing" is 00 00 00 07 t e s t i n g.
        Assert.Equal(Hex.Bytes("07 01 00 29b7f4aa 0102030405060708 00000007 74657374696e67 09"), message);
        var reader = new SshReader(message);
        Assert.Equal(7, reader.ReadByte());
        Assert.True(reader.ReadBoolean());
        Assert.False(reader.ReadBoolean());
        Assert.Equal(699921578u, reader.ReadUInt32());
        Assert.Equal(0x0102030405060708u, reader.ReadUInt64());
        Assert.Equal("testing"u8.ToArray(), reader.ReadString().ToArray());
        Assert.Equal(1, reader.Remaining);
        Assert.Equal([9], reader.ReadRest().ToArray());
        reader.End();
    }

    [Fact]
    public void Every_boolean_but_zero_is_true() => Assert.True(new SshReader([0x80]).ReadBoolean());

    [Theory]
    [InlineData("00 00 00 05 61 62 63 64")]
    [InlineData("ff ff ff ff 61")]
    [InlineData("80 00 00 00")]
    [InlineData("00 00 00")]
    [InlineData("")]
    public void A_string_longer_than_the_message_is_refused(string message) => Assert.Throws<SshFormatException>(() =>
    {
        var reader = new SshReader(Hex.Bytes(message));
        reader.ReadString();
    });

    [Fact]
    public void No_read_goes_past_the_end()
    {
        Assert.Throws<SshFormatException>(() => new SshReader([]).ReadByte());
        Assert.Throws<SshFormatException>(() => new SshReader([1, 2, 3]).ReadUInt32());
        Assert.Throws<SshFormatException>(() => new SshReader([1, 2, 3, 4, 5, 6, 7]).ReadUInt64());
        Assert.Throws<SshFormatException>(() => new SshReader([1]).ReadBytes(2).Length);
    }

    [Fact]
    public void Bytes_left_at_the_end_are_refused() => Assert.Throws<SshFormatException>(() => new SshReader([0]).End());

    private static void ReadMpint(string representation) => new SshReader(Hex.Bytes(representation)).ReadPositiveMpint();
}
