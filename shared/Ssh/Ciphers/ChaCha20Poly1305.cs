using System.Buffers.Binary;
using SshGateway.Ssh.Crypto;

namespace SshGateway.Ssh.Ciphers;

/// <summary>
/// The construction of OpenSSH PROTOCOL.chacha20poly1305, which is not the AEAD of RFC 8439: 64 bytes of key material
/// make two ChaCha20 keys, the first for the body, the second for the length; the nonce is the sequence number;
/// Poly1305, keyed by block 0 of the body's stream, covers encrypted length and encrypted body without padding; the
/// body starts at block 1.
/// </summary>
internal sealed unsafe class ChaCha20Poly1305 : IDisposable
{
    public const int KeySize = 64;
    public const int TagSize = 16;

    public static readonly PacketGeometry Geometry = new(8, LengthIsPadded: false, TagSize);

    // The 16-byte "IV" of EVP_chacha20 is the block counter (64 bits, little-endian) and the nonce (64 bits, here
    // big-endian).
    private const int IvSize = 16;
    private const int PolyKeySize = 32;

    // Fetched once: a fetch takes a lock and walks the providers.
    private static readonly nint Poly1305 = FetchPoly1305();

    private readonly CipherContext _body;
    private readonly CipherContext _length;
    private readonly MacContextHandle _macHandle;
    private readonly nint _mac;

    public ChaCha20Poly1305(ReadOnlySpan<byte> key)
    {
        nint cipher = LibCrypto.EVP_chacha20();
        ReadOnlySpan<byte> zeroIv = stackalloc byte[IvSize];
        // A stream cipher encrypts and decrypts alike.
        _body = new CipherContext(cipher, key[..32], zeroIv, encrypt: true);
        _length = new CipherContext(cipher, key.Slice(32, 32), zeroIv, encrypt: true);
        _macHandle = LibCrypto.Check(LibCrypto.EVP_MAC_CTX_new(Poly1305));
        _mac = _macHandle.DangerousGetHandle();
    }

    public void TransformLength(ReadOnlySpan<byte> input, Span<byte> output, uint sequence)
    {
        Span<byte> iv = stackalloc byte[IvSize];
        WriteIv(iv, block: 0, sequence);
        _length.Restart(iv);
        _length.Transform(input, output);
    }

    public void TransformBody(ReadOnlySpan<byte> input, Span<byte> output, uint sequence)
    {
        Span<byte> iv = stackalloc byte[IvSize];
        WriteIv(iv, block: 1, sequence);
        _body.Restart(iv);
        _body.Transform(input, output);
    }

    /// <summary>The tag over the encrypted length and body.</summary>
    public void ComputeTag(ReadOnlySpan<byte> encrypted, Span<byte> tag, uint sequence)
    {
        Span<byte> iv = stackalloc byte[IvSize];
        WriteIv(iv, block: 0, sequence);
        _body.Restart(iv);
        Span<byte> key = stackalloc byte[PolyKeySize];
        key.Clear();
        _body.Transform(key, key);
        fixed (byte* keyPointer = key)
        fixed (byte* data = encrypted)
        fixed (byte* output = tag)
        {
            LibCrypto.Check(LibCrypto.EVP_MAC_init(_mac, keyPointer, PolyKeySize, 0));
            LibCrypto.Check(LibCrypto.EVP_MAC_update(_mac, data, (nuint)encrypted.Length));
            LibCrypto.Check(LibCrypto.EVP_MAC_final(_mac, output, out _, (nuint)tag.Length));
        }
    }

    public void Dispose()
    {
        _body.Dispose();
        _length.Dispose();
        _macHandle.Dispose();
    }

    private static void WriteIv(Span<byte> iv, ulong block, uint sequence)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(iv, block);
        BinaryPrimitives.WriteUInt64BigEndian(iv[8..], sequence);
    }

    private static nint FetchPoly1305()
    {
        nint mac = LibCrypto.EVP_MAC_fetch(0, "POLY1305", null);
        LibCrypto.Check(mac == 0 ? 0 : 1, nameof(LibCrypto.EVP_MAC_fetch));
        return mac;
    }
}
