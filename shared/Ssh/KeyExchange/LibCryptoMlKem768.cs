using System.Security.Cryptography;

namespace SshGateway.Ssh.KeyExchange;

/// <summary>libcrypto's, which .NET wraps.</summary>
internal sealed class LibCryptoMlKem768 : MlKem768
{
    private MLKem? _own;

    public override byte[] GenerateKey()
    {
        _own = MLKem.GenerateKey(MLKemAlgorithm.MLKem768);
        return _own.ExportEncapsulationKey();
    }

    public override byte[] Decapsulate(ReadOnlySpan<byte> ciphertext)
    {
        byte[] secret = new byte[SecretSize];
        _own!.Decapsulate(ciphertext, secret);
        return secret;
    }

    public override (byte[] Ciphertext, byte[] Secret)? Encapsulate(ReadOnlySpan<byte> encapsulationKey)
    {
        try
        {
            // The import makes the modulus check.
            using MLKem peer = MLKem.ImportEncapsulationKey(MLKemAlgorithm.MLKem768, encapsulationKey);
            peer.Encapsulate(out byte[] ciphertext, out byte[] secret);
            return (ciphertext, secret);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Takes a given seed, d and z of FIPS 203, instead of a fresh one: for test vectors.</summary>
    internal byte[] GenerateKey(ReadOnlySpan<byte> seed)
    {
        _own = MLKem.ImportPrivateSeed(MLKemAlgorithm.MLKem768, seed);
        return _own.ExportEncapsulationKey();
    }

    public override void Dispose() => _own?.Dispose();
}
