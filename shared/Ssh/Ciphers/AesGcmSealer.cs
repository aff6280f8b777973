using System.Buffers.Binary;

namespace SshGateway.Ssh.Ciphers;

/// <summary>aes128-gcm@openssh.com and aes256-gcm@openssh.com, outbound.</summary>
internal sealed class AesGcmSealer(nint cipher, ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv) : IPacketSealer
{
    public const int TagSize = 16;

    public static readonly PacketGeometry GcmGeometry = new(16, LengthIsPadded: false, TagSize);

    private readonly CipherContext _context = new(cipher, key, iv, encrypt: true);
    private GcmNonce _nonce = new(iv);

    public PacketGeometry Geometry => GcmGeometry;

    public void Seal(ReadOnlySpan<byte> body, Span<byte> packet, uint sequence)
    {
        BinaryPrimitives.WriteUInt32BigEndian(packet, (uint)body.Length);
        _context.Restart(_nonce.Value);
        _nonce.Advance();
        _context.Authenticate(packet[..4]);
        _context.Transform(body, packet[4..]);
        _context.FinishWithTag(packet.Slice(4 + body.Length, TagSize));
    }

    public void Dispose() => _context.Dispose();
}
