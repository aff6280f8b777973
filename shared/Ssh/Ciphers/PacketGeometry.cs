namespace SshGateway.Ssh.Ciphers;

/// <summary>The sizes that a packet protection gives to packets.</summary>
/// <param name="BlockSize">Packets are padded to a multiple of this: the cipher's block size, at least 8 (RFC 4253
/// section 6).</param>
/// <param name="LengthIsPadded">
/// Whether the 4 bytes of packet_length count towards the multiple: they do in RFC 4253, they do not where the length
/// is only authenticated (RFC 5647 section 7.2, the -etm MACs, chacha20-poly1305@openssh.com).
/// </param>
/// <param name="TagSize">Bytes of MAC or tag after the packet.</param>
internal readonly record struct PacketGeometry(int BlockSize, bool LengthIsPadded, int TagSize)
{
    /// <summary>RFC 4253 section 6: at least four bytes of padding.</summary>
    public const int MinPadding = 4;

    /// <summary>Whether a body of this many bytes (padding_length, payload, padding) is a legal size.</summary>
    public bool Fits(int bodyLength) => (bodyLength + (LengthIsPadded ? 4 : 0)) % BlockSize == 0;

    /// <summary>The padding for a payload of this many bytes.</summary>
    public int PaddingFor(int payloadLength)
    {
        int unpadded = (LengthIsPadded ? 4 : 0) + 1 + payloadLength;
        int padding = BlockSize - (unpadded % BlockSize);
        return padding < MinPadding ? padding + BlockSize : padding;
    }
}
