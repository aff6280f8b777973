using SshGateway.Ssh.KeyExchange;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.KeyExchange;

public sealed class Curve25519ExchangeTests
{
    // RFC 7748 section 6.1.
    private const string AlicePrivate = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
    private const string AlicePublic = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
    private const string BobPrivate = "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb";
    private const string BobPublic = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";
    private const string Secret = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";

    [Theory]
    [InlineData(AlicePrivate, AlicePublic, BobPublic)]
    [InlineData(BobPrivate, BobPublic, AlicePublic)]
    public void The_agreement_of_RFC_7748_section_6_1(string ownPrivate, string ownPublic, string peerPublic)
    {
        using var exchange = new Curve25519Exchange();
        Assert.Equal(Hex.Bytes(ownPublic), exchange.InitiateWith(Hex.Bytes(ownPrivate)));
        // RFC 8731 section 3.1: the 32 bytes are read as a big-endian number and encoded as an mpint.
        Assert.Equal(Hex.Bytes("00000020", Secret), exchange.Complete(Hex.Bytes(peerPublic)));
    }

    // The points of small order of curve25519 and of its twist, as listed by Bernstein ("Curve25519: how do I validate
    // public keys?"), each of which makes the result zero; RFC 8731 section 3 demands to abort then.
    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")]
    [InlineData("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("cdeb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880")]
    [InlineData("4c9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7")]
    [InlineData("d9ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("daffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("dbffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    public void Points_of_small_order_are_refused_or_do_not_make_zero(string point)
    {
        using var exchange = new Curve25519Exchange();
        exchange.Initiate();
        byte[]? secret = null;
        try
        {
            secret = exchange.Complete(Hex.Bytes(point));
        }
        catch (SshProtocolException refused)
        {
            Assert.Equal(DisconnectReason.KeyExchangeFailed, refused.Reason);
        }
        // X25519 masks the top bit (RFC 7748 section 5), which turns the last five of Bernstein's list into other
        // points.
        bool topBit = (Hex.Bytes(point)[31] & 0x80) != 0;
        Assert.True(secret is null || topBit);
        Assert.NotEqual(new byte[4], secret);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void Values_of_another_size_are_refused(int size)
    {
        using var exchange = new Curve25519Exchange();
        Assert.Throws<KeyExchangeException>(() => exchange.Respond(new byte[size]));
    }

    [Fact]
    public void Both_sides_agree()
    {
        using var initiator = new Curve25519Exchange();
        using var responder = new Curve25519Exchange();
        (byte[] reply, byte[] secret) = responder.Respond(initiator.Initiate());
        Assert.Equal(secret, initiator.Complete(reply));
    }
}
