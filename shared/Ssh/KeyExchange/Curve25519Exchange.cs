using SshGateway.Ssh.Crypto;

namespace SshGateway.Ssh.KeyExchange;

/// <summary>curve25519-sha256 and its older name with @libssh.org: RFC 8731.</summary>
internal sealed class Curve25519Exchange : DiffieHellmanExchange
{
    /// <summary>Bytes of a public key.</summary>
    public const int Size = RawKey.Size;

    public override byte[] Initiate() => Use(RawKey.Generate(LibCrypto.EvpPkeyX25519));

    /// <summary>Takes a given private key instead of a fresh one: for test vectors.</summary>
    internal byte[] InitiateWith(ReadOnlySpan<byte> privateKey) => Use(RawKey.ImportPrivate(LibCrypto.EvpPkeyX25519, privateKey));

    /// <summary>The shared secret as the 32 bytes of X25519, which hybrid methods hash as they are.</summary>
    internal byte[] Agree(ReadOnlySpan<byte> peerValue) => Derive(peerValue);

    protected override byte[] Derive(ReadOnlySpan<byte> peerValue)
    {
        if (peerValue.Length != Size)
        {
            throw BadValue("curve25519");
        }
        using PkeyHandle peer = RawKey.ImportPublic(LibCrypto.EvpPkeyX25519, peerValue);
        return SharedSecret.Derive(Own!, peer, Size) ?? throw BadValue("curve25519");
    }

    private byte[] Use(PkeyHandle key)
    {
        Own = key;
        return RawKey.ExportPublic(key);
    }
}
