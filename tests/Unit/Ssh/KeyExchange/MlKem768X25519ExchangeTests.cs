using SshGateway.Ssh.KeyExchange;
using SshGateway.Ssh.Wire;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.KeyExchange;

/// <summary>What needs no peer; OpenSSH ≥ 9.9 is one where the machine has it.</summary>
public sealed class MlKem768X25519ExchangeTests
{
    private const int EncapsulationKey = 1184;
    private const int Ciphertext = 1088;
    private const int Point = 32;

    [MlKemFact]
    public void Both_sides_agree_on_a_string_of_32_bytes()
    {
        using var initiator = new MlKem768X25519Exchange();
        using var responder = new MlKem768X25519Exchange();
        byte[] initiation = initiator.Initiate();
        (byte[] reply, byte[] secret) = responder.Respond(initiation);
        Assert.Equal((EncapsulationKey + Point, Ciphertext + Point), (initiation.Length, reply.Length));
        Assert.Equal(secret, initiator.Complete(reply));
        Assert.Equal([0, 0, 0, 32], secret[..4]);
        Assert.Equal(36, secret.Length);
    }

    [MlKemFact]
    public void Both_halves_count()
    {
        foreach (int touched in new[] { 0, Ciphertext })
        {
            using var initiator = new MlKem768X25519Exchange();
            using var responder = new MlKem768X25519Exchange();
            (byte[] reply, byte[] secret) = responder.Respond(initiator.Initiate());
            reply[touched] ^= 1;
            Assert.NotEqual(secret, initiator.Complete(reply));
        }
    }

    [MlKemFact]
    public void Values_of_another_size_are_refused()
    {
        foreach (int size in new[] { 0, EncapsulationKey, EncapsulationKey + Point - 1, EncapsulationKey + Point + 1 })
        {
            using var responder = new MlKem768X25519Exchange();
            Assert.Throws<KeyExchangeException>(() => responder.Respond(new byte[size]));
        }
        using var initiator = new MlKem768X25519Exchange();
        initiator.Initiate();
        Assert.Throws<KeyExchangeException>(() => initiator.Complete(new byte[Ciphertext + Point + 1]));
    }

    // FIPS 203 section 7.2: coefficients have to be below q.
    [MlKemFact]
    public void A_key_that_fails_the_modulus_check_is_refused()
    {
        using var initiator = new MlKem768X25519Exchange();
        byte[] initiation = initiator.Initiate();
        initiation.AsSpan(0, 3).Fill(0xff);
        using var responder = new MlKem768X25519Exchange();
        Assert.Throws<KeyExchangeException>(() => responder.Respond(initiation));
    }

    // A point of small order makes the X25519 result zero, whatever ML-KEM says.
    [MlKemFact]
    public void A_zero_X25519_result_is_refused()
    {
        using var initiator = new MlKem768X25519Exchange();
        byte[] initiation = initiator.Initiate();
        initiation.AsSpan(EncapsulationKey).Clear();
        using var responder = new MlKem768X25519Exchange();
        Assert.Throws<KeyExchangeException>(() => responder.Respond(initiation));
    }
}
