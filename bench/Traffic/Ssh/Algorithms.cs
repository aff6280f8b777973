using SshGateway.Ssh.Ciphers;
using SshGateway.Ssh.KeyExchange;

namespace SshGateway.Bench.Traffic.Ssh;

/// <summary>What both of the bench's own peers speak: one suite, so that every run does the same work.</summary>
internal static class Algorithms
{
    public static readonly KexOffer Offer = new(
        [KeyExchangeAlgorithm.All.First(kex => kex.Name == "curve25519-sha256")],
        ["ssh-ed25519"],
        [CipherAlgorithm.All.First(cipher => cipher.Name == "aes128-gcm@openssh.com")],
        MacAlgorithm.All);
}
