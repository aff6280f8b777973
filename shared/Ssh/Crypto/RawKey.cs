namespace SshGateway.Ssh.Crypto;

/// <summary>Keys of X25519 and Ed25519, whose private and public half are 32 bytes each (RFC 7748, RFC 8032).</summary>
internal static unsafe class RawKey
{
    public const int Size = 32;

    /// <param name="type">Such as <see cref="LibCrypto.EvpPkeyX25519"/>.</param>
    public static PkeyHandle Generate(int type)
    {
        using PkeyContextHandle context = LibCrypto.Check(LibCrypto.EVP_PKEY_CTX_new_id(type, 0));
        LibCrypto.Check(LibCrypto.EVP_PKEY_keygen_init(context));
        LibCrypto.Check(LibCrypto.EVP_PKEY_generate(context, out nint key));
        return new PkeyHandle(key);
    }

    public static PkeyHandle ImportPrivate(int type, ReadOnlySpan<byte> seed)
    {
        fixed (byte* pointer = seed)
        {
            return LibCrypto.Check(LibCrypto.EVP_PKEY_new_raw_private_key(type, 0, pointer, (nuint)seed.Length));
        }
    }

    public static PkeyHandle ImportPublic(int type, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* pointer = bytes)
        {
            return LibCrypto.Check(LibCrypto.EVP_PKEY_new_raw_public_key(type, 0, pointer, (nuint)bytes.Length));
        }
    }

    public static byte[] ExportPublic(PkeyHandle key)
    {
        byte[] bytes = new byte[Size];
        nuint length = Size;
        fixed (byte* pointer = bytes)
        {
            LibCrypto.Check(LibCrypto.EVP_PKEY_get_raw_public_key(key, pointer, ref length));
        }
        return bytes;
    }
}
