using System.Buffers.Binary;

namespace SshGateway.Ssh.Ciphers;

/// <summary>aes128/256-gcm@openssh.com, inbound: RFC 5647, negotiated as in OpenSSH PROTOCOL section 1.6.</summary>
internal sealed class AesGcmOpener(nint cipher, ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv) : IPacketOpener
{
    private readonly CipherContext _context = new(cipher, key, iv, encrypt: false);
    private GcmNonce _nonce = new(iv);

    public PacketGeometry Geometry => AesGcmSealer.GcmGeometry;

    public int HeaderSize => 4;

    public uint ReadLength(Span<byte> header, uint sequence) => BinaryPrimitives.ReadUInt32BigEndian(header);

    public bool Open(Span<byte> packet, uint sequence)
    {
        Span<byte> body = packet[4..^AesGcmSealer.TagSize];
        _context.Restart(_nonce.Value);
        _nonce.Advance();
        _context.Authenticate(packet[..4]);
        _context.Transform(body, body);
        return _context.FinishMatchesTag(packet[^AesGcmSealer.TagSize..]);
    }

    public void Dispose() => _context.Dispose();
}
