using System.Security.Cryptography;

namespace SshGateway.Ssh.Ciphers;

/// <summary>A MAC by its name in KEXINIT.</summary>
/// <param name="Hash">The hash of the HMAC.</param>
/// <param name="KeySize">Bytes of key material: the hash's size (RFC 6668).</param>
/// <param name="EncryptThenMac">The -etm@openssh.com form: the MAC covers length and ciphertext.</param>
internal sealed record MacAlgorithm(string Name, HashAlgorithmName Hash, int KeySize, bool EncryptThenMac)
{
    /// <summary>Every MAC that the gateway has, in order of preference.</summary>
    public static IReadOnlyList<MacAlgorithm> All { get; } =
    [
        new("hmac-sha2-256-etm@openssh.com", HashAlgorithmName.SHA256, SHA256.HashSizeInBytes, EncryptThenMac: true),
        new("hmac-sha2-512-etm@openssh.com", HashAlgorithmName.SHA512, SHA512.HashSizeInBytes, EncryptThenMac: true),
        new("hmac-sha2-256", HashAlgorithmName.SHA256, SHA256.HashSizeInBytes, EncryptThenMac: false),
        new("hmac-sha2-512", HashAlgorithmName.SHA512, SHA512.HashSizeInBytes, EncryptThenMac: false),
    ];

    public PacketMac Create(ReadOnlySpan<byte> key) => new(Hash, key);
}
