using SshGateway.Ssh.Ciphers;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.KeyExchange;

/// <summary>What both KEXINITs agree on: RFC 4253 section 7.1. The client's order decides.</summary>
/// <param name="HostKeyAlgorithm">The host key's signature algorithm.</param>
/// <param name="MacClientToServer">Null when the cipher is AEAD.</param>
/// <param name="MacServerToClient">Null when the cipher is AEAD.</param>
/// <param name="IgnoreNextKexPacket">The peer sent its first method packet on a guess that turned out wrong: exactly
/// one packet is to be dropped.</param>
internal sealed record Negotiation(
    KeyExchangeAlgorithm Kex,
    string HostKeyAlgorithm,
    CipherAlgorithm CipherClientToServer,
    CipherAlgorithm CipherServerToClient,
    MacAlgorithm? MacClientToServer,
    MacAlgorithm? MacServerToClient,
    bool IgnoreNextKexPacket)
{
    /// <summary>For a log.</summary>
    public override string ToString() =>
        $"{Kex.Name}, {HostKeyAlgorithm}, {Name(CipherClientToServer, MacClientToServer)} from the client, {Name(CipherServerToClient, MacServerToClient)} to it";

    /// <exception cref="KeyExchangeException">Nothing in common; the message names the list and what the gateway
    /// has.</exception>
    public static Negotiation Run(KexOffer own, KexInitMessage peer, bool weAreServer)
    {
        KeyExchangeAlgorithm kex = Choose("key exchange method", own.KexAlgorithms, algorithm => algorithm.Name, peer.KexAlgorithms, weAreServer);
        string hostKey = Choose("host key algorithm", own.HostKeyAlgorithms, name => name, peer.HostKeyAlgorithms, weAreServer);
        CipherAlgorithm cipherOut = Choose("cipher from the client", own.Ciphers, cipher => cipher.Name, peer.CiphersClientToServer, weAreServer);
        CipherAlgorithm cipherIn = Choose("cipher to the client", own.Ciphers, cipher => cipher.Name, peer.CiphersServerToClient, weAreServer);
        MacAlgorithm? macOut = cipherOut.IsAead ? null : Choose("MAC from the client", own.Macs, mac => mac.Name, peer.MacsClientToServer, weAreServer);
        MacAlgorithm? macIn = cipherIn.IsAead ? null : Choose("MAC to the client", own.Macs, mac => mac.Name, peer.MacsServerToClient, weAreServer);
        Choose("compression from the client", [KexOffer.NoCompression], name => name, peer.CompressionClientToServer, weAreServer);
        Choose("compression to the client", [KexOffer.NoCompression], name => name, peer.CompressionServerToClient, weAreServer);

        // RFC 4253 section 7.1: the guess is right when both sides list the same method and host key algorithm first.
        bool guessedRight = peer.KexAlgorithms[0] == own.KexAlgorithms[0].Name && peer.HostKeyAlgorithms[0] == own.HostKeyAlgorithms[0];
        return new Negotiation(kex, hostKey, cipherOut, cipherIn, macOut, macIn, peer.FirstKexPacketFollows && !guessedRight);
    }

    private static string Name(CipherAlgorithm cipher, MacAlgorithm? mac) => mac is null ? cipher.Name : $"{cipher.Name} {mac.Name}";

    private static T Choose<T>(string what, IReadOnlyList<T> own, Func<T, string> nameOf, IReadOnlyList<string> peer, bool weAreServer)
        where T : class
    {
        T? chosen = weAreServer
            ? peer.Select(name => own.FirstOrDefault(algorithm => nameOf(algorithm) == name)).FirstOrDefault(algorithm => algorithm is not null)
            : own.FirstOrDefault(algorithm => peer.Contains(nameOf(algorithm)));
        return chosen ?? throw new KeyExchangeException($"no common {what}: the gateway has {string.Join(',', own.Select(nameOf))}");
    }
}

/// <summary>The algorithms of one leg, each list in order of preference.</summary>
/// <param name="HostKeyAlgorithms">Signature algorithms of the host key, by name.</param>
/// <param name="Ciphers">Ciphers, the same in both directions.</param>
/// <param name="Macs">MACs; never empty, even when every cipher is AEAD: Apache MINA disconnects otherwise.</param>
internal sealed record KexOffer(
    IReadOnlyList<KeyExchangeAlgorithm> KexAlgorithms,
    IReadOnlyList<string> HostKeyAlgorithms,
    IReadOnlyList<CipherAlgorithm> Ciphers,
    IReadOnlyList<MacAlgorithm> Macs)
{
    /// <summary>The only compression: zlib before authentication is a decompression bomb, and not needed.</summary>
    public const string NoCompression = "none";
}
