using System.Numerics;
using System.Security.Cryptography;
using SshGateway.Ssh.KeyExchange;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.KeyExchange;

public sealed class ModpExchangeTests
{
    // RFC 3526 section 3: the 2048-bit group; its generator is 2.
    private static readonly BigInteger Prime = new(
        Hex.Bytes(
            """
            FFFFFFFF FFFFFFFF C90FDAA2 2168C234 C4C6628B 80DC1CD1 29024E08 8A67CC74 020BBEA6 3B139B22 514A0879 8E3404DD
            EF9519B3 CD3A431B 302B0A6D F25F1437 4FE1356D 6D51C245 E485B576 625E7EC6 F44C42E9 A637ED6B 0BFF5CB6 F406B7ED
            EE386BFB 5A899FA5 AE9F2411 7C4B1FE6 49286651 ECE45B3D C2007CB8 A163BF05 98DA4836 1C55D39A 69163FA8 FD24CF5F
            83655D23 DCA3AD96 1C62F356 208552BB 9ED52907 7096966D 670C354E 4ABC9804 F1746C08 CA18217C 32905E46 2E36CE3B
            E39E772C 180E8603 9B2783A2 EC07A28F B5C55DF0 6F4C52C9 DE2BCBF6 95581718 3995497C EA956AE5 15D22618 98FA0510
            15728E5A 8AACAA68 FFFFFFFF FFFFFFFF
            """),
        isUnsigned: true,
        isBigEndian: true);

    // RFC 4253 section 8 computed with plain modular arithmetic on the other side. Several times: values with a leading
    // zero byte or a set top bit are laid out differently.
    [Fact]
    public void The_exchange_is_that_of_RFC_4253_section_8_over_the_group_of_RFC_3526_section_3()
    {
        for (int round = 0; round < 20; round++)
        {
            var x = new BigInteger(RandomNumberGenerator.GetBytes(32), isUnsigned: true);
            BigInteger e = BigInteger.ModPow(2, x, Prime);
            using var exchange = new ModpExchange("modp_2048", 256);
            (byte[] reply, byte[] secret) = exchange.Respond(MpintBody(e));

            var f = new BigInteger(reply, isUnsigned: false, isBigEndian: true);
            Assert.InRange(f, 2, Prime - 2);
            Assert.Equal(MpintBody(f), reply);
            Assert.Equal(new SshWriter().WriteString(MpintBody(BigInteger.ModPow(f, x, Prime))).ToArray(), secret);
        }
    }

    [Theory]
    [InlineData("modp_2048", 256)]
    [InlineData("modp_4096", 512)]
    public void Both_sides_agree(string group, int size)
    {
        using var initiator = new ModpExchange(group, size);
        using var responder = new ModpExchange(group, size);
        byte[] initiation = initiator.Initiate();
        Assert.InRange(initiation.Length, size - 8, size + 1);
        (byte[] reply, byte[] secret) = responder.Respond(initiation);
        Assert.Equal(secret, initiator.Complete(reply));
    }

    [Fact]
    public void Values_outside_of_2_to_p_minus_2_are_refused()
    {
        foreach (BigInteger value in new[] { 0, 1, Prime - 1, Prime, Prime + 1, Prime * 256 })
        {
            using var exchange = new ModpExchange("modp_2048", 256);
            SshProtocolException refused = Assert.Throws<KeyExchangeException>(() => exchange.Respond(value.IsZero ? [] : MpintBody(value)));
            Assert.Equal(DisconnectReason.KeyExchangeFailed, refused.Reason);
        }
    }

    [Fact]
    public void The_ends_are_refused_for_group_16_as_well()
    {
        foreach (byte[] value in new byte[][] { [], [1], [0, .. Enumerable.Repeat((byte)0xff, 512)], [1, .. new byte[512]] })
        {
            using var exchange = new ModpExchange("modp_4096", 512);
            Assert.Throws<KeyExchangeException>(() => exchange.Respond(value));
        }
    }

    [Fact]
    public void Negative_and_badly_encoded_values_are_refused()
    {
        using var exchange = new ModpExchange("modp_2048", 256);
        Assert.Throws<KeyExchangeException>(() => exchange.Respond([0xff, 0x01]));
        using var another = new ModpExchange("modp_2048", 256);
        Assert.Throws<KeyExchangeException>(() => another.Respond([0x00, 0x01, 0x01]));
    }

    // Neither an element of the prime-order subgroup nor at the ends: whatever becomes of it, it is a protocol error or
    // a secret.
    [Fact]
    public void A_value_outside_of_the_prime_order_subgroup_does_no_more_than_be_refused()
    {
        for (int value = 2; value < 40; value++)
        {
            using var exchange = new ModpExchange("modp_2048", 256);
            try
            {
                Assert.NotEmpty(exchange.Respond(MpintBody(value)).SharedSecret);
            }
            catch (SshProtocolException refused)
            {
                Assert.Equal(DisconnectReason.KeyExchangeFailed, refused.Reason);
            }
        }
    }

    private static byte[] MpintBody(BigInteger value) => value.ToByteArray(isUnsigned: false, isBigEndian: true);
}
