using System.Security.Cryptography;

namespace SshGateway.Ssh.KeyExchange;

/// <summary>A key exchange method by its name in KEXINIT.</summary>
/// <param name="Hash">The hash of the exchange hash and of the key derivation.</param>
/// <param name="Start">Makes one run of the method.</param>
/// <param name="IsQuick">Whether each side's part takes no more than about 0.2 ms; the others take 0.4 to 4.</param>
internal sealed record KeyExchangeAlgorithm(string Name, HashAlgorithmName Hash, Func<IKeyExchange> Start, bool IsQuick = false)
{
    /// <summary>Every method that the gateway has, in order of preference (RFC 9142). Nothing with SHA-1.</summary>
    public static IReadOnlyList<KeyExchangeAlgorithm> All { get; } =
    [
        new("mlkem768x25519-sha256", HashAlgorithmName.SHA256, () => new MlKem768X25519Exchange(MlKem768.Create()), IsQuick: true),
        new("curve25519-sha256", HashAlgorithmName.SHA256, () => new Curve25519Exchange(), IsQuick: true),
        new("curve25519-sha256@libssh.org", HashAlgorithmName.SHA256, () => new Curve25519Exchange(), IsQuick: true),
        new("ecdh-sha2-nistp256", HashAlgorithmName.SHA256, () => new EcdhExchange("prime256v1", 32), IsQuick: true),
        new("ecdh-sha2-nistp384", HashAlgorithmName.SHA384, () => new EcdhExchange("secp384r1", 48)),
        new("ecdh-sha2-nistp521", HashAlgorithmName.SHA512, () => new EcdhExchange("secp521r1", 66)),
        new("diffie-hellman-group16-sha512", HashAlgorithmName.SHA512, () => new ModpExchange("modp_4096", 512)),
        new("diffie-hellman-group14-sha256", HashAlgorithmName.SHA256, () => new ModpExchange("modp_2048", 256)),
    ];
}
