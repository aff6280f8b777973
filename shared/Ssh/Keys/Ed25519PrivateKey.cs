using System.Security.Cryptography;
using SshGateway.Ssh.Crypto;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Keys;

/// <summary>Ed25519 (RFC 8032, RFC 8709) through libcrypto.</summary>
internal sealed unsafe class Ed25519PrivateKey : SshPrivateKey
{
    public const int SeedSize = RawKey.Size;
    private const int PublicSize = RawKey.Size;
    private const int SignatureSize = 64;

    private readonly PkeyHandle _key;

    private Ed25519PrivateKey(PkeyHandle key) : base(ExportPublic(key)) => _key = key;

    public static Ed25519PrivateKey Generate() => new(RawKey.Generate(LibCrypto.EvpPkeyEd25519));

    /// <summary>The key of a 32-byte seed.</summary>
    public static Ed25519PrivateKey FromSeed(ReadOnlySpan<byte> seed) => new(RawKey.ImportPrivate(LibCrypto.EvpPkeyEd25519, seed));

    public override void Dispose() => _key.Dispose();

    public override void WriteFields(SshWriter writer)
    {
        Span<byte> seedAndPublicKey = stackalloc byte[SeedSize + PublicSize];
        nuint length = SeedSize;
        fixed (byte* pointer = seedAndPublicKey)
        {
            LibCrypto.Check(LibCrypto.EVP_PKEY_get_raw_private_key(_key, pointer, ref length));
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
        using DigestContextHandle context = LibCrypto.Check(LibCrypto.EVP_MD_CTX_new());
        LibCrypto.Check(LibCrypto.EVP_DigestSignInit(context, 0, 0, 0, _key));
        fixed (byte* signaturePointer = signature)
        fixed (byte* dataPointer = data)
        {
            LibCrypto.Check(LibCrypto.EVP_DigestSign(context, signaturePointer, ref length, dataPointer, (nuint)data.Length));
        }
        return signature;
    }

    private static SshPublicKey ExportPublic(PkeyHandle key) =>
        SshPublicKey.Parse(new SshWriter().WriteString(SshKeyTypes.Ed25519).WriteString(RawKey.ExportPublic(key)).Written);
}
