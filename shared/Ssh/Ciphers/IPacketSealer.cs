namespace SshGateway.Ssh.Ciphers;

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
