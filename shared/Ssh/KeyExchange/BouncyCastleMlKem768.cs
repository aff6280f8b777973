using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Kems;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Prng;
using Org.BouncyCastle.Security;

namespace SshGateway.Ssh.KeyExchange;

/// <summary>BouncyCastle's, with .NET's random numbers.</summary>
/// <param name="random">Where its random numbers come from; test vectors have their own.</param>
internal sealed class BouncyCastleMlKem768(SecureRandom random) : MlKem768
{
    private static readonly MLKemParameters Parameters = MLKemParameters.ml_kem_768;

    // BouncyCastle's own generators have state and a lock.
    private static readonly SecureRandom SystemRandom = new(new SystemRandomGenerator());

    private MLKemPrivateKeyParameters? _own;

    public BouncyCastleMlKem768() : this(SystemRandom)
    {
    }

    public override byte[] GenerateKey()
    {
        var generator = new MLKemKeyPairGenerator();
        generator.Init(new MLKemKeyGenerationParameters(random, Parameters));
        _own = (MLKemPrivateKeyParameters)generator.GenerateKeyPair().Private;
        return _own.GetPublicKeyEncoded();
    }

    public override byte[] Decapsulate(ReadOnlySpan<byte> ciphertext)
    {
        var decapsulator = new MLKemDecapsulator(Parameters);
        decapsulator.Init(_own!);
        byte[] secret = new byte[SecretSize];
        decapsulator.Decapsulate(ciphertext, secret);
        return secret;
    }

    public override (byte[] Ciphertext, byte[] Secret)? Encapsulate(ReadOnlySpan<byte> encapsulationKey)
    {
        MLKemPublicKeyParameters peer;
        try
        {
            // Checks the size and the modulus.
            peer = MLKemPublicKeyParameters.FromEncoding(Parameters, encapsulationKey.ToArray());
        }
        catch (ArgumentException)
        {
            return null;
        }
        var encapsulator = new MLKemEncapsulator(Parameters);
        encapsulator.Init(new ParametersWithRandom(peer, random));
        byte[] ciphertext = new byte[CiphertextSize];
        byte[] secret = new byte[SecretSize];
        encapsulator.Encapsulate(ciphertext, secret);
        return (ciphertext, secret);
    }

    // What BouncyCastle holds cannot be overwritten from here.
    public override void Dispose() => _own = null;

    private sealed class SystemRandomGenerator : IRandomGenerator
    {
        public void AddSeedMaterial(byte[] seed)
        {
        }

        public void AddSeedMaterial(ReadOnlySpan<byte> seed)
        {
        }

        public void AddSeedMaterial(long seed)
        {
        }

        public void NextBytes(byte[] bytes) => RandomNumberGenerator.Fill(bytes);

        public void NextBytes(byte[] bytes, int start, int len) => RandomNumberGenerator.Fill(bytes.AsSpan(start, len));

        public void NextBytes(Span<byte> bytes) => RandomNumberGenerator.Fill(bytes);
    }
}
