using System.Security.Cryptography;
using SshGateway.Ssh.Crypto;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Keys;

/// <summary>Ed25519 (RFC 8032, RFC 8709) through libcrypto.</summary>
internal sealed unsafe class Ed25519PrivateKey : SshPrivateKey
{
    public const int SeedSize = 32;
    private const int PublicSize = 32;
    private const int SignatureSize = 64;

    private readonly PkeyHandle _key;

    private Ed25519PrivateKey(PkeyHandle key) : base(ExportPublic(key)) => _key = key;

    public static Ed25519PrivateKey Generate()
    {
        using PkeyContextHandle context = LibCrypto.Check(
            LibCrypto.EVP_PKEY_CTX_new_id(LibCrypto.EvpPkeyEd25519, 0), nameof(LibCrypto.EVP_PKEY_CTX_new_id));
        LibCrypto.Check(LibCrypto.EVP_PKEY_keygen_init(context), nameof(LibCrypto.EVP_PKEY_keygen_init));
        LibCrypto.Check(LibCrypto.EVP_PKEY_generate(context, out nint key), nameof(LibCrypto.EVP_PKEY_generate));
        return new Ed25519PrivateKey(new PkeyHandle(key));
    }

    /// <summary>The key of a 32-byte seed.</summary>
    public static Ed25519PrivateKey FromSeed(ReadOnlySpan<byte> seed)
    {
        fixed (byte* pointer = seed)
        {
            return new Ed25519PrivateKey(LibCrypto.Check(
                LibCrypto.EVP_PKEY_new_raw_private_key(LibCrypto.EvpPkeyEd25519, 0, pointer, (nuint)seed.Length),
                nameof(LibCrypto.EVP_PKEY_new_raw_private_key)));
        }
    }

    public override void Dispose() => _key.Dispose();

    public override void WriteFields(SshWriter writer)
    {
        Span<byte> seedAndPublicKey = stackalloc byte[SeedSize + PublicSize];
        nuint length = SeedSize;
        fixed (byte* pointer = seedAndPublicKey)
        {
            LibCrypto.Check(LibCrypto.EVP_PKEY_get_raw_private_key(_key, pointer, ref length), nameof(LibCrypto.EVP_PKEY_get_raw_private_key));
        }
        ReadOnlySpan<byte> publicKey = PublicKey.Blob.Span[^PublicSize..];
        publicKey.CopyTo(seedAndPublicKey[SeedSize..]);
        writer.WriteString(publicKey).WriteString(seedAndPublicKey);
        CryptographicOperations.ZeroMemory(seedAndPublicKey);
    }

    protected override byte[] SignValue(SignatureAlgorithm algorithm, ReadOnlySpan<byte> data)
    {
        byte[] signature = new byte[SignatureSize];
        nuint length = SignatureSize;
        using DigestContextHandle context = LibCrypto.Check(LibCrypto.EVP_MD_CTX_new(), nameof(LibCrypto.EVP_MD_CTX_new));
        LibCrypto.Check(LibCrypto.EVP_DigestSignInit(context, 0, 0, 0, _key), nameof(LibCrypto.EVP_DigestSignInit));
        fixed (byte* signaturePointer = signature)
        fixed (byte* dataPointer = data)
        {
            LibCrypto.Check(
                LibCrypto.EVP_DigestSign(context, signaturePointer, ref length, dataPointer, (nuint)data.Length),
                nameof(LibCrypto.EVP_DigestSign));
        }
        return signature;
    }

    private static SshPublicKey ExportPublic(PkeyHandle key)
    {
        Span<byte> bytes = stackalloc byte[PublicSize];
        nuint length = PublicSize;
        fixed (byte* pointer = bytes)
        {
            LibCrypto.Check(LibCrypto.EVP_PKEY_get_raw_public_key(key, pointer, ref length), nameof(LibCrypto.EVP_PKEY_get_raw_public_key));
        }
        return SshPublicKey.Parse(new SshWriter().WriteString(SshKeyTypes.Ed25519).WriteString(bytes).Written);
    }
}
