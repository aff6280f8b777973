using System.Buffers.Binary;

namespace SshGateway.Ssh.Ciphers;

/// <summary>
/// aes*-ctr (RFC 4344), inbound, with hmac-sha2-* (RFC 6668) over the plaintext or, in the -etm@openssh.com form, over
/// length and ciphertext (OpenSSH PROTOCOL section 1.5).
/// </summary>
internal sealed class AesCtrOpener(CipherContext cipher, PacketMac mac, bool encryptThenMac) : IPacketOpener
{
    public PacketGeometry Geometry => AesCtrSealer.GeometryOf(mac, encryptThenMac);

    public int HeaderSize => encryptThenMac ? 4 : AesCtrSealer.BlockSize;

    public uint ReadLength(Span<byte> header, uint sequence)
    {
        if (!encryptThenMac)
        {
            cipher.Transform(header, header);
        }
        return BinaryPrimitives.ReadUInt32BigEndian(header);
    }

    public bool Open(Span<byte> packet, uint sequence)
    {
        Span<byte> content = packet[..^mac.Size];
        ReadOnlySpan<byte> tag = packet[^mac.Size..];
        Span<byte> encrypted = content[HeaderSize..];
        if (encryptThenMac)
        {
            if (!mac.Matches(sequence, content, tag))
            {
                return false;
            }
            cipher.Transform(encrypted, encrypted);
            return true;
        }
        cipher.Transform(encrypted, encrypted);
        return mac.Matches(sequence, content, tag);
    }

    public void Dispose()
    {
        cipher.Dispose();
        mac.Dispose();
    }
}
