using SshGateway.Ssh.Ciphers;

namespace SshGateway.Ssh.KeyExchange;

/// <summary>The algorithms of one leg, each list in order of preference.</summary>
/// <param name="KexAlgorithms">Key exchange methods.</param>
/// <param name="HostKeyAlgorithms">Signature algorithms of the host key, by name.</param>
/// <param name="Ciphers">Ciphers, the same in both directions.</param>
/// <param name="Macs">MACs; never empty, even when every cipher is AEAD: Apache MINA disconnects otherwise.</param>
internal sealed record KexOffer(
    IReadOnlyList<KeyExchangeAlgorithm> KexAlgorithms,
    IReadOnlyList<string> HostKeyAlgorithms,
    IReadOnlyList<CipherAlgorithm> Ciphers,
    IReadOnlyList<MacAlgorithm> Macs)
{
    /// <summary>The only compression: zlib before authentication is a decompression bomb, and none of the traffic needs it.</summary>
    public const string NoCompression = "none";
}
