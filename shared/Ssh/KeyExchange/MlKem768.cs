using System.Security.Cryptography;

namespace SshGateway.Ssh.KeyExchange;

/// <summary>
/// ML-KEM-768 (FIPS 203), for one key exchange: the initiator calls <see cref="GenerateKey"/> then <see
/// cref="Decapsulate"/>, the responder calls <see cref="Encapsulate"/>.
/// </summary>
internal abstract class MlKem768 : IDisposable
{
    public const int EncapsulationKeySize = 1184;
    public const int CiphertextSize = 1088;
    public const int SecretSize = 32;

    /// <summary>libcrypto's where it has one, from OpenSSL 3.5 on; else BouncyCastle's (docs/adr/0022).</summary>
    public static MlKem768 Create() => MLKem.IsSupported ? new LibCryptoMlKem768() : new BouncyCastleMlKem768();

    /// <summary>Makes a key pair and returns the encapsulation key.</summary>
    public abstract byte[] GenerateKey();

    /// <summary>
    /// The secret in a ciphertext of <see cref="CiphertextSize"/>. A forged one is no error: it gives a secret that
    /// nobody else has (FIPS 203 section 6.3).
    /// </summary>
    public abstract byte[] Decapsulate(ReadOnlySpan<byte> ciphertext);

    /// <summary>
    /// A new secret for the owner of a key of <see cref="EncapsulationKeySize"/>; null: the key fails the modulus check
    /// of FIPS 203 section 7.2.
    /// </summary>
    public abstract (byte[] Ciphertext, byte[] Secret)? Encapsulate(ReadOnlySpan<byte> encapsulationKey);

    public abstract void Dispose();
}
