using System.Security.Cryptography;

namespace SshGateway.Ssh.Keys;

/// <summary>A signature algorithm by its name, and the key type that it belongs to.</summary>
/// <param name="Name">The name in signatures, requests and KEXINIT.</param>
/// <param name="KeyType">The type of the keys that make it.</param>
/// <param name="Hash">The hash; default for Ed25519, which has its own.</param>
internal sealed record SignatureAlgorithm(string Name, string KeyType, HashAlgorithmName Hash)
{
    /// <summary>What the gateway signs and verifies with, by preference; no ssh-rsa, SHA-1 (RFC 8332, 9142).</summary>
    public static IReadOnlyList<SignatureAlgorithm> All { get; } =
    [
        new("ssh-ed25519", SshKeyTypes.Ed25519, default),
        new("ecdsa-sha2-nistp256", SshKeyTypes.EcdsaP256, HashAlgorithmName.SHA256),
        new("ecdsa-sha2-nistp384", SshKeyTypes.EcdsaP384, HashAlgorithmName.SHA384),
        new("ecdsa-sha2-nistp521", SshKeyTypes.EcdsaP521, HashAlgorithmName.SHA512),
        new("rsa-sha2-512", SshKeyTypes.Rsa, HashAlgorithmName.SHA512),
        new("rsa-sha2-256", SshKeyTypes.Rsa, HashAlgorithmName.SHA256),
    ];

    /// <summary>What is verified: <see cref="All"/>, and security keys (OpenSSH PROTOCOL.u2f).</summary>
    public static IReadOnlyList<SignatureAlgorithm> Verified { get; } =
    [
        .. All,
        new(SshKeyTypes.SecurityKeyEd25519, SshKeyTypes.SecurityKeyEd25519, default),
        new(SshKeyTypes.SecurityKeyEcdsaP256, SshKeyTypes.SecurityKeyEcdsaP256, HashAlgorithmName.SHA256),
    ];

    /// <inheritdoc cref="SshKeyTypes.IsQuick"/>
    public bool IsQuick => SshKeyTypes.IsQuick(KeyType);

    /// <summary>The algorithm of <see cref="Verified"/> with this name, or null.</summary>
    public static SignatureAlgorithm? Find(ReadOnlySpan<byte> name)
    {
        foreach (SignatureAlgorithm algorithm in Verified)
        {
            if (name.SequenceEqual(System.Text.Encoding.ASCII.GetBytes(algorithm.Name)))
            {
                return algorithm;
            }
        }
        return null;
    }

    /// <summary>The algorithms of a key type, the preferred one first.</summary>
    public static IEnumerable<SignatureAlgorithm> OfKeyType(string keyType) => All.Where(algorithm => algorithm.KeyType == keyType);
}
