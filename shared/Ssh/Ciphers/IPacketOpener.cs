namespace SshGateway.Ssh.Ciphers;

/// <summary>
/// The inbound direction of a packet protection: RFC 4253 section 6 between the wire and plaintext.
/// One packet at a time: <see cref="ReadLength"/> once, then <see cref="Open"/>.
/// </summary>
internal interface IPacketOpener : IDisposable
{
    PacketGeometry Geometry { get; }

    /// <summary>Bytes of a packet that must have arrived before its length can be read.</summary>
    int HeaderSize { get; }

    /// <summary>
    /// Reads packet_length, decrypting <paramref name="header"/> in place where the cipher hides it. The value is
    /// unchecked.
    /// </summary>
    uint ReadLength(Span<byte> header, uint sequence);

    /// <summary>
    /// Verifies and decrypts in place. <paramref name="packet"/> is the whole packet with its length (already seen by
    /// <see cref="ReadLength"/>) and tag. False: it is not authentic, and its content must not be used.
    /// </summary>
    bool Open(Span<byte> packet, uint sequence);
}

/// <summary>The outbound direction of a packet protection.</summary>
internal interface IPacketSealer : IDisposable
{
    PacketGeometry Geometry { get; }

    /// <summary>
    /// Writes a packet: length, protected body, tag. <paramref name="body"/> is padding_length, payload and padding in
    /// plaintext; it is either outside <paramref name="packet"/> or exactly at its offset 4.
    /// </summary>
    void Seal(ReadOnlySpan<byte> body, Span<byte> packet, uint sequence);
}
