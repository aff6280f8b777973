using SshGateway.Ssh.Crypto;

namespace SshGateway.Ssh.KeyExchange;

/// <summary>curve25519-sha256 and its older name with @libssh.org: RFC 8731.</summary>
internal sealed unsafe class Curve25519Exchange : DiffieHellmanExchange
{
    /// <summary>Bytes of a public key.</summary>
    public const int Size = 32;

    private PkeyHandle? _own;

    public override byte[] Initiate()
    {
        using PkeyContextHandle context = LibCrypto.Check(
            LibCrypto.EVP_PKEY_CTX_new_id(LibCrypto.EvpPkeyX25519, 0), nameof(LibCrypto.EVP_PKEY_CTX_new_id));
        LibCrypto.Check(LibCrypto.EVP_PKEY_keygen_init(context), nameof(LibCrypto.EVP_PKEY_keygen_init));
        LibCrypto.Check(LibCrypto.EVP_PKEY_generate(context, out nint key), nameof(LibCrypto.EVP_PKEY_generate));
        return Use(new PkeyHandle(key));
    }

    /// <summary>Takes a given private key instead of a fresh one: for test vectors.</summary>
    internal byte[] InitiateWith(ReadOnlySpan<byte> privateKey)
    {
        fixed (byte* pointer = privateKey)
        {
            return Use(LibCrypto.EVP_PKEY_new_raw_private_key(LibCrypto.EvpPkeyX25519, 0, pointer, Size));
        }
    }

    /// <summary>The shared secret as the 32 bytes of X25519, which hybrid methods hash as they are.</summary>
    internal byte[] Agree(ReadOnlySpan<byte> peerValue) => Derive(peerValue);

    protected override byte[] Derive(ReadOnlySpan<byte> peerValue)
    {
        if (peerValue.Length != Size)
        {
            throw BadValue("curve25519");
        }
        PkeyHandle peer;
        fixed (byte* pointer = peerValue)
        {
            peer = LibCrypto.Check(
                LibCrypto.EVP_PKEY_new_raw_public_key(LibCrypto.EvpPkeyX25519, 0, pointer, Size), nameof(LibCrypto.EVP_PKEY_new_raw_public_key));
        }
        using (peer)
        {
            return SharedSecret.Derive(_own!, peer, Size) ?? throw BadValue("curve25519");
        }
    }

    public override void Dispose() => _own?.Dispose();

    private byte[] Use(PkeyHandle key)
    {
        _own = LibCrypto.Check(key, nameof(LibCrypto.EVP_PKEY_generate));
        byte[] publicKey = new byte[Size];
        nuint length = Size;
        fixed (byte* pointer = publicKey)
        {
            LibCrypto.Check(LibCrypto.EVP_PKEY_get_raw_public_key(key, pointer, ref length), nameof(LibCrypto.EVP_PKEY_get_raw_public_key));
        }
        return publicKey;
    }
}
