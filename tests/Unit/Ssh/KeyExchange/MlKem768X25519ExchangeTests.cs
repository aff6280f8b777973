using SshGateway.Ssh.KeyExchange;
using SshGateway.Ssh.Wire;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.KeyExchange;

/// <summary>
/// What needs no peer; OpenSSH ≥ 9.9 is one where the machine has it. <see cref="MlKem768Tests"/>: the post-quantum
/// half.
/// </summary>
public sealed class MlKem768X25519ExchangeTests
{
    private const int EncapsulationKey = 1184;
    private const int Ciphertext = 1088;
    private const int Point = 32;

    [Theory]
    [MemberData(nameof(MlKem768Implementations.Pairs), MemberType = typeof(MlKem768Implementations))]
    public void Both_sides_agree_on_a_string_of_32_bytes(string initiating, string responding)
    {
        using var initiator = new MlKem768X25519Exchange(MlKem768Implementations.Create(initiating));
        using var responder = new MlKem768X25519Exchange(MlKem768Implementations.Create(responding));
        byte[] initiation = initiator.Initiate();
        (byte[] reply, byte[] secret) = responder.Respond(initiation);
        Assert.Equal((EncapsulationKey + Point, Ciphertext + Point), (initiation.Length, reply.Length));
        Assert.Equal(secret, initiator.Complete(reply));
        Assert.Equal([0, 0, 0, 32], secret[..4]);
        Assert.Equal(36, secret.Length);
    }

    [Fact]
    public void Both_halves_count()
    {
        foreach (int touched in new[] { 0, Ciphertext })
        {
            using MlKem768X25519Exchange initiator = NewExchange();
            using MlKem768X25519Exchange responder = NewExchange();
            (byte[] reply, byte[] secret) = responder.Respond(initiator.Initiate());
            reply[touched] ^= 1;
            Assert.NotEqual(secret, initiator.Complete(reply));
        }
    }

    [Fact]
    public void Values_of_another_size_are_refused()
    {
        foreach (int size in new[] { 0, EncapsulationKey, EncapsulationKey + Point - 1, EncapsulationKey + Point + 1 })
        {
            using MlKem768X25519Exchange responder = NewExchange();
            Assert.Throws<KeyExchangeException>(() => responder.Respond(new byte[size]));
        }
        using MlKem768X25519Exchange initiator = NewExchange();
        initiator.Initiate();
        Assert.Throws<KeyExchangeException>(() => initiator.Complete(new byte[Ciphertext + Point + 1]));
    }

    // FIPS 203 section 7.2: coefficients have to be below q.
    [Fact]
    public void A_key_that_fails_the_modulus_check_is_refused()
    {
        using MlKem768X25519Exchange initiator = NewExchange();
        byte[] initiation = initiator.Initiate();
        initiation.AsSpan(0, 3).Fill(0xff);
        using MlKem768X25519Exchange responder = NewExchange();
        Assert.Throws<KeyExchangeException>(() => responder.Respond(initiation));
    }

    // A point of small order makes the X25519 result zero, whatever ML-KEM says.
    [Fact]
    public void A_zero_X25519_result_is_refused()
    {
        using MlKem768X25519Exchange initiator = NewExchange();
        byte[] initiation = initiator.Initiate();
        initiation.AsSpan(EncapsulationKey).Clear();
        using MlKem768X25519Exchange responder = NewExchange();
        Assert.Throws<KeyExchangeException>(() => responder.Respond(initiation));
    }

    private static MlKem768X25519Exchange NewExchange() => new(MlKem768.Create());
}
