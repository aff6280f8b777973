using System.Security.Cryptography;
using System.Text;
using SshGateway.Ssh.KeyExchange;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Harness;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.KeyExchange;

public sealed class KeyDerivationTests
{
    // RFC 4253 section 7.2, computed by the SSHKDF of the openssl program: all letters, and sizes below, at and beyond
    // the hash's.
    [Theory]
    [InlineData("SHA256", 12)]
    [InlineData("SHA256", 32)]
    [InlineData("SHA256", 64)]
    [InlineData("SHA256", 100)]
    [InlineData("SHA512", 64)]
    [InlineData("SHA512", 160)]
    public async Task Keys_are_those_of_the_openssl_program(string hash, int size)
    {
        byte[] sharedSecret = new SshWriter().WritePositiveMpint([0xfe, .. RandomNumberGenerator.GetBytes(31)]).ToArray();
        byte[] exchangeHash = RandomNumberGenerator.GetBytes(32);
        byte[] sessionId = RandomNumberGenerator.GetBytes(32);
        var derivation = new KeyDerivation(new HashAlgorithmName(hash), sharedSecret, exchangeHash, sessionId);
        foreach (char letter in "ABCDEF")
        {
            string expected = await Command.OutputAsync(
                "openssl", "kdf", "-keylen", $"{size}", "-kdfopt", $"digest:{hash}", "-kdfopt", $"hexkey:{Convert.ToHexString(sharedSecret)}",
                "-kdfopt", $"hexxcghash:{Convert.ToHexString(exchangeHash)}", "-kdfopt", $"hexsession_id:{Convert.ToHexString(sessionId)}", "-kdfopt", $"type:{letter}", "SSHKDF");
            Assert.Equal(expected.Trim().Replace(":", "", StringComparison.Ordinal), Convert.ToHexString(derivation.Derive(letter, size)));
        }
    }

    [Fact]
    public void No_bytes_are_derived_for_what_a_cipher_does_not_need() =>
        Assert.Empty(new KeyDerivation(HashAlgorithmName.SHA256, [1], [2], [3]).Derive('A', 0));

    [Fact]
    public void The_shared_secret_is_overwritten_once_all_keys_are_derived()
    {
        byte[] sharedSecret = [0, 0, 0, 1, 7];
        var derivation = new KeyDerivation(HashAlgorithmName.SHA256, sharedSecret, [2], [3]);
        derivation.Derive('A', 16);
        Assert.Equal(7, sharedSecret[4]);
        derivation.Dispose();
        Assert.Equal(new byte[5], sharedSecret);
    }

    // RFC 4253 section 8, laid out by hand here.
    [Fact]
    public void The_exchange_hash_covers_all_that_was_said()
    {
        byte[] clientInit = [20, 1, 2];
        byte[] serverInit = [20, 3];
        byte[] sharedSecret = [0, 0, 0, 1, 9];
        byte[] expected = SHA256.HashData(
        [
            0, 0, 0, 9, .. Encoding.ASCII.GetBytes("SSH-2.0-c"),
            0, 0, 0, 9, .. Encoding.ASCII.GetBytes("SSH-2.0-s"),
            0, 0, 0, 3, .. clientInit,
            0, 0, 0, 2, .. serverInit,
            0, 0, 0, 1, 0xaa,
            0, 0, 0, 2, 0xbb, 0xbb,
            0, 0, 0, 3, 0xcc, 0xcc, 0xcc,
            .. sharedSecret,
        ]);
        var transcript = new Transcript("SSH-2.0-c", "SSH-2.0-s", clientInit, serverInit);
        Assert.Equal(expected, ExchangeHash.Compute(HashAlgorithmName.SHA256, transcript, [0xaa], [0xbb, 0xbb], [0xcc, 0xcc, 0xcc], sharedSecret));
    }
}
