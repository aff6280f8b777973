using System.Buffers.Binary;
using System.Security.Cryptography;

namespace SshGateway.Ssh.Revocation;

/// <summary>A public key's hash: SHA-256, or SHA-1 with zeros behind it. A list may hold a million.</summary>
internal readonly record struct KeyDigest(UInt128 High, UInt128 Low)
{
    /// <param name="hash">20 or 32 bytes.</param>
    public static KeyDigest FromHash(ReadOnlySpan<byte> hash)
    {
        Span<byte> padded = stackalloc byte[SHA256.HashSizeInBytes];
        padded.Clear();
        hash.CopyTo(padded);
        return new KeyDigest(
            BinaryPrimitives.ReadUInt128BigEndian(padded), BinaryPrimitives.ReadUInt128BigEndian(padded[16..]));
    }

    public static KeyDigest Sha256Of(ReadOnlySpan<byte> blob)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(blob, hash);
        return FromHash(hash);
    }

    public static KeyDigest Sha1Of(ReadOnlySpan<byte> blob)
    {
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // KRLs have SHA-1 fingerprints. A collision revokes one key more, and admits none.
        SHA1.HashData(blob, hash);
#pragma warning restore CA5350
        return FromHash(hash);
    }
}
