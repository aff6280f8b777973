using SshGateway.Ssh.Crypto;

namespace SshGateway.Ssh.Ciphers;

/// <summary>A cipher by its name in KEXINIT, and how to make each direction of it.</summary>
/// <param name="KeySize">Bytes of key material.</param>
/// <param name="IvSize">Bytes of IV material.</param>
/// <param name="RekeyBytes">
/// Bytes under one key after which the gateway starts a key exchange. RFC 4344 section 3.2: 2^(L/4) blocks of L bits,
/// which is no limit worth the name for 128-bit blocks (2^32 blocks, 64 GiB), and 1 GiB where blocks count as 64 bits.
/// </param>
internal abstract record CipherAlgorithm(string Name, int KeySize, int IvSize, long RekeyBytes)
{
    private const long Limit128BitBlocks = 1L << 36;
    private const long Limit64BitBlocks = 1L << 30;

    /// <summary>Whether the cipher authenticates; a negotiated MAC is then unused (OpenSSH PROTOCOL 1.6).</summary>
    public abstract bool IsAead { get; }

    /// <summary>Every cipher that the gateway has, the fastest first.</summary>
    public static IReadOnlyList<CipherAlgorithm> All { get; } =
    [
        new Gcm("aes128-gcm@openssh.com", 16, LibCrypto.EVP_aes_128_gcm),
        new Gcm("aes256-gcm@openssh.com", 32, LibCrypto.EVP_aes_256_gcm),
        new Ctr("aes128-ctr", 16, LibCrypto.EVP_aes_128_ctr),
        new Ctr("aes192-ctr", 24, LibCrypto.EVP_aes_192_ctr),
        new Ctr("aes256-ctr", 32, LibCrypto.EVP_aes_256_ctr),
        new ChaCha20(),
    ];

    /// <summary>The inbound direction. <paramref name="mac"/> is null exactly when the cipher is AEAD.</summary>
    public abstract IPacketOpener CreateOpener(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, MacAlgorithm? mac, ReadOnlySpan<byte> macKey);

    /// <summary>The outbound direction.</summary>
    public abstract IPacketSealer CreateSealer(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, MacAlgorithm? mac, ReadOnlySpan<byte> macKey);

    private sealed record Gcm(string Name, int KeySize, Func<nint> Cipher) : CipherAlgorithm(Name, KeySize, GcmNonce.Size, Limit128BitBlocks)
    {
        public override bool IsAead => true;

        public override IPacketOpener CreateOpener(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, MacAlgorithm? mac, ReadOnlySpan<byte> macKey) =>
            new AesGcmOpener(Cipher(), key, iv);

        public override IPacketSealer CreateSealer(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, MacAlgorithm? mac, ReadOnlySpan<byte> macKey) =>
            new AesGcmSealer(Cipher(), key, iv);
    }

    private sealed record Ctr(string Name, int KeySize, Func<nint> Cipher) : CipherAlgorithm(Name, KeySize, 16, Limit128BitBlocks)
    {
        public override bool IsAead => false;

        public override IPacketOpener CreateOpener(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, MacAlgorithm? mac, ReadOnlySpan<byte> macKey) =>
            new AesCtrOpener(new CipherContext(Cipher(), key, iv, encrypt: false), mac!.Create(macKey), mac.EncryptThenMac);

        public override IPacketSealer CreateSealer(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, MacAlgorithm? mac, ReadOnlySpan<byte> macKey) =>
            new AesCtrSealer(new CipherContext(Cipher(), key, iv, encrypt: true), mac!.Create(macKey), mac.EncryptThenMac);
    }

    private sealed record ChaCha20() : CipherAlgorithm("chacha20-poly1305@openssh.com", ChaCha20Poly1305.KeySize, 0, Limit64BitBlocks)
    {
        public override bool IsAead => true;

        public override IPacketOpener CreateOpener(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, MacAlgorithm? mac, ReadOnlySpan<byte> macKey) =>
            new ChaCha20Poly1305Opener(key);

        public override IPacketSealer CreateSealer(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, MacAlgorithm? mac, ReadOnlySpan<byte> macKey) =>
            new ChaCha20Poly1305Sealer(key);
    }
}
