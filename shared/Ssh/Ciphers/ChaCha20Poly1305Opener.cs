using System.Buffers.Binary;
using System.Security.Cryptography;

namespace SshGateway.Ssh.Ciphers;

/// <summary>chacha20-poly1305@openssh.com, inbound.</summary>
internal sealed class ChaCha20Poly1305Opener(ReadOnlySpan<byte> key) : IPacketOpener
{
    private readonly ChaCha20Poly1305 _cipher = new(key);

    public PacketGeometry Geometry => ChaCha20Poly1305.Geometry;

    public int HeaderSize => 4;

    public uint ReadLength(Span<byte> header, uint sequence)
    {
        // Not in place: the tag covers the encrypted length.
        Span<byte> length = stackalloc byte[4];
        _cipher.TransformLength(header, length, sequence);
        return BinaryPrimitives.ReadUInt32BigEndian(length);
    }

    public bool Open(Span<byte> packet, uint sequence)
    {
        Span<byte> expected = stackalloc byte[ChaCha20Poly1305.TagSize];
        _cipher.ComputeTag(packet[..^ChaCha20Poly1305.TagSize], expected, sequence);
        if (!CryptographicOperations.FixedTimeEquals(expected, packet[^ChaCha20Poly1305.TagSize..]))
        {
            return false;
        }
        Span<byte> body = packet[4..^ChaCha20Poly1305.TagSize];
        _cipher.TransformBody(body, body, sequence);
        return true;
    }

    public void Dispose() => _cipher.Dispose();
}
