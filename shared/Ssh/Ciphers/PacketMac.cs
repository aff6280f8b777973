using System.Buffers.Binary;
using System.Security.Cryptography;

namespace SshGateway.Ssh.Ciphers;

/// <summary>The MAC of RFC 4253 section 6.4: over the sequence number and the packet. Keyed once.</summary>
internal sealed class PacketMac(HashAlgorithmName hash, ReadOnlySpan<byte> key) : IDisposable
{
    private const int MaxTag = SHA512.HashSizeInBytes;

    private readonly IncrementalHash _hmac = IncrementalHash.CreateHMAC(hash, key);

    public int Size => _hmac.HashLengthInBytes;

    /// <summary>Writes the MAC over the sequence number and the packet, given in two parts.</summary>
    public void Compute(uint sequence, ReadOnlySpan<byte> head, ReadOnlySpan<byte> rest, Span<byte> tag)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(number, sequence);
        _hmac.AppendData(number);
        _hmac.AppendData(head);
        _hmac.AppendData(rest);
        _hmac.GetHashAndReset(tag);
    }

    public bool Matches(uint sequence, ReadOnlySpan<byte> packet, ReadOnlySpan<byte> tag)
    {
        Span<byte> expected = stackalloc byte[MaxTag];
        expected = expected[..Size];
        Compute(sequence, packet, [], expected);
        return CryptographicOperations.FixedTimeEquals(expected, tag);
    }

    public void Dispose() => _hmac.Dispose();
}
