using SshGateway.Ssh.Ciphers;

namespace SshGateway.Ssh.Transport;

/// <summary>When the gateway itself starts a key exchange.</summary>
/// <param name="Bytes">Bytes in one direction; null: what the cipher allows.</param>
internal sealed record RekeyLimits(long? Bytes)
{
    /// <summary>RFC 4344 section 3.1: packets per key and direction, half of where sequence numbers repeat.</summary>
    public const long Packets = 1L << 31;

    /// <summary>RFC 4253 section 9.</summary>
    public static readonly TimeSpan Age = TimeSpan.FromHours(1);

    /// <summary>Bytes under one key of this cipher.</summary>
    public long BytesFor(CipherAlgorithm cipher) => Bytes ?? cipher.RekeyBytes;
}
