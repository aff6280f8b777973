using System.Buffers.Binary;

namespace SshGateway.Ssh.Ciphers;

/// <summary>aes*-ctr with hmac-sha2-* or its -etm@openssh.com form, outbound.</summary>
internal sealed class AesCtrSealer(CipherContext cipher, PacketMac mac, bool encryptThenMac) : IPacketSealer
{
    public const int BlockSize = 16;

    public PacketGeometry Geometry => GeometryOf(mac, encryptThenMac);

    public static PacketGeometry GeometryOf(PacketMac mac, bool encryptThenMac) => new(BlockSize, LengthIsPadded: !encryptThenMac, mac.Size);

    public void Seal(ReadOnlySpan<byte> body, Span<byte> packet, uint sequence)
    {
        Span<byte> length = packet[..4];
        Span<byte> sealedBody = packet.Slice(4, body.Length);
        Span<byte> tag = packet.Slice(4 + body.Length, mac.Size);
        BinaryPrimitives.WriteUInt32BigEndian(length, (uint)body.Length);
        if (encryptThenMac)
        {
            cipher.Transform(body, sealedBody);
            mac.Compute(sequence, length, sealedBody, tag);
            return;
        }
        mac.Compute(sequence, length, body, tag);
        cipher.Transform(length, length);
        cipher.Transform(body, sealedBody);
    }

    public void Dispose()
    {
        cipher.Dispose();
        mac.Dispose();
    }
}
