using System.Buffers.Binary;

namespace SshGateway.Ssh.Ciphers;

/// <summary>"none": packets before the first NEWKEYS.</summary>
internal sealed class PlainOpener : IPacketOpener
{
    public PacketGeometry Geometry => new(8, LengthIsPadded: true, TagSize: 0);

    public int HeaderSize => 4;

    public uint ReadLength(Span<byte> header, uint sequence) => BinaryPrimitives.ReadUInt32BigEndian(header);

    public bool Open(Span<byte> packet, uint sequence) => true;

    public void Dispose()
    {
    }
}

/// <summary>"none": packets before the first NEWKEYS.</summary>
internal sealed class PlainSealer : IPacketSealer
{
    public PacketGeometry Geometry => new(8, LengthIsPadded: true, TagSize: 0);

    public void Seal(ReadOnlySpan<byte> body, Span<byte> packet, uint sequence)
    {
        BinaryPrimitives.WriteUInt32BigEndian(packet, (uint)body.Length);
        body.CopyTo(packet[4..]);
    }

    public void Dispose()
    {
    }
}
