using System.Buffers.Binary;

namespace SshGateway.Ssh.Ciphers;

/// <summary>chacha20-poly1305@openssh.com, outbound.</summary>
internal sealed class ChaCha20Poly1305Sealer(ReadOnlySpan<byte> key) : IPacketSealer
{
    private readonly ChaCha20Poly1305 _cipher = new(key);

    public PacketGeometry Geometry => ChaCha20Poly1305.Geometry;

    public void Seal(ReadOnlySpan<byte> body, Span<byte> packet, uint sequence)
    {
        BinaryPrimitives.WriteUInt32BigEndian(packet, (uint)body.Length);
        _cipher.TransformLength(packet[..4], packet[..4], sequence);
        _cipher.TransformBody(body, packet[4..], sequence);
        int end = 4 + body.Length;
        _cipher.ComputeTag(packet[..end], packet.Slice(end, ChaCha20Poly1305.TagSize), sequence);
    }

    public void Dispose() => _cipher.Dispose();
}
