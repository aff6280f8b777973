using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace SshGateway.Ssh.Ciphers;

/// <summary>The nonce of RFC 5647 section 7.1, from the IV: 4 fixed bytes and a 64-bit invocation counter.</summary>
internal struct GcmNonce
{
    public const int Size = 12;

    private Bytes _bytes;

    public GcmNonce(ReadOnlySpan<byte> iv) => iv[..Size].CopyTo(_bytes);

    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Value => _bytes;

    /// <summary>The next invocation. Unlike the sequence number, strict key exchange does not reset it.</summary>
    public void Advance()
    {
        Span<byte> counter = ((Span<byte>)_bytes)[4..];
        BinaryPrimitives.WriteUInt64BigEndian(counter, BinaryPrimitives.ReadUInt64BigEndian(counter) + 1);
    }

    [InlineArray(Size)]
    private struct Bytes
    {
        private byte _first;
    }
}
