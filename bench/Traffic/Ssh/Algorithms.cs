using SshGateway.Ssh.Ciphers;
using SshGateway.Ssh.KeyExchange;

namespace SshGateway.Bench.Traffic.Ssh;

/// <summary>
/// What both of the bench's own peers speak: one suite with one key exchange, so that every run does the same work.
/// </summary>
internal static class Algorithms
{
    public const string Classical = "curve25519-sha256";
    public const string PostQuantum = "mlkem768x25519-sha256";

    public static KexOffer Offer(string keyExchange) => new(
        [KeyExchangeAlgorithm.All.First(kex => kex.Name == keyExchange)],
        ["ssh-ed25519"],
        [CipherAlgorithm.All.First(cipher => cipher.Name == "aes128-gcm@openssh.com")],
        MacAlgorithm.All);
}
