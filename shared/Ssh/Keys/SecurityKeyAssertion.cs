using System.Security.Cryptography;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Keys;

/// <summary>
/// What a security key adds to its signature: OpenSSH PROTOCOL.u2f. The counter is a part of what is signed and no
/// more: telling a cloned key by it would need a memory that all proxies share.
/// </summary>
internal readonly record struct SecurityKeyAssertion(SecurityKeyFlags Flags, uint Counter)
{
    //  byte      flags
    //  uint32    counter
    public static SecurityKeyAssertion Read(ref SshReader signature) => new((SecurityKeyFlags)signature.ReadByte(), signature.ReadUInt32());

    public bool VouchesFor(SecurityKeyFlags demanded) => (Flags & demanded) == demanded;

    //  byte[32]  SHA256(application)
    //  byte      flags
    //  uint32    counter
    //  byte[32]  SHA256(message)
    public byte[] SignedBytes(SshPublicKey key, ReadOnlySpan<byte> message) => new SshWriter()
        .WriteBytes(SHA256.HashData(ApplicationOf(key)))
        .WriteByte((byte)Flags)
        .WriteUInt32(Counter)
        .WriteBytes(SHA256.HashData(message))
        .ToArray();

    // The last field of a key's blob.
    private static ReadOnlySpan<byte> ApplicationOf(SshPublicKey key)
    {
        var reader = new SshReader(key.Blob.Span);
        ReadOnlySpan<byte> field = [];
        while (reader.Remaining > 0)
        {
            field = reader.ReadString();
        }
        return field;
    }
}

/// <summary>What a security key vouches for: the flags of FIDO authenticator data (OpenSSH PROTOCOL.u2f).</summary>
[Flags]
internal enum SecurityKeyFlags : byte
{
    None = 0,

    /// <summary>Somebody touched the key.</summary>
    UserPresent = 0x01,

    /// <summary>The key has verified who: by a PIN or a fingerprint.</summary>
    UserVerified = 0x04,
}
