using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Prng;
using Org.BouncyCastle.Security;
using SshGateway.Ssh.KeyExchange;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.KeyExchange;

/// <summary>Both implementations of ML-KEM-768, with vectors and with each other.</summary>
public sealed class MlKem768Tests
{
    // FIPS 203 section 4.2: q.
    private const int Modulus = 3329;

    private static readonly Dictionary<string, byte[]> Vectors = ReadVectors();

    [Theory]
    [MemberData(nameof(MlKem768Implementations.Names), MemberType = typeof(MlKem768Implementations))]
    public void A_seed_makes_the_key_of_the_vector(string implementation)
    {
        using MlKem768 kem = MlKem768Implementations.Create(implementation, Vectors["seed"]);
        Assert.Equal(Vectors["encapsulationKey"], MlKem768Implementations.GenerateKey(kem, Vectors["seed"]));
    }

    // libcrypto's takes no given randomness through .NET; what it encapsulates is checked by the other one below.
    [Fact]
    public void A_message_makes_the_ciphertext_and_secret_of_the_vector()
    {
        using MlKem768 kem = MlKem768Implementations.Create("BouncyCastle", Vectors["message"]);
        (byte[] ciphertext, byte[] secret) = Encapsulate(kem, Vectors["encapsulationKey"]);
        Assert.Equal(Vectors["ciphertext"], ciphertext);
        Assert.Equal(Vectors["secret"], secret);
    }

    [Theory]
    [MemberData(nameof(MlKem768Implementations.Names), MemberType = typeof(MlKem768Implementations))]
    public void A_ciphertext_gives_the_secret_of_the_vector(string implementation)
    {
        using MlKem768 kem = MlKem768Implementations.Create(implementation, Vectors["seed"]);
        MlKem768Implementations.GenerateKey(kem, Vectors["seed"]);
        Assert.Equal(Vectors["secret"], kem.Decapsulate(Vectors["ciphertext"]));
    }

    // FIPS 203 section 6.3, step 9.
    [Theory]
    [MemberData(nameof(MlKem768Implementations.Names), MemberType = typeof(MlKem768Implementations))]
    public void A_forged_ciphertext_gives_the_secret_of_the_vector(string implementation)
    {
        using MlKem768 kem = MlKem768Implementations.Create(implementation, Vectors["rejectedSeed"]);
        MlKem768Implementations.GenerateKey(kem, Vectors["rejectedSeed"]);
        Assert.Equal(Vectors["rejectedSecret"], kem.Decapsulate(Vectors["rejectedCiphertext"]));
    }

    [Theory]
    [MemberData(nameof(MlKem768Implementations.Pairs), MemberType = typeof(MlKem768Implementations))]
    public void Each_understands_the_other(string owner, string sender)
    {
        // One key in some ten needs more of SHAKE128's output than is taken at first.
        for (int i = 0; i < 200; i++)
        {
            using MlKem768 ours = MlKem768Implementations.Create(owner);
            using MlKem768 theirs = MlKem768Implementations.Create(sender);
            (byte[] ciphertext, byte[] secret) = Encapsulate(theirs, ours.GenerateKey());
            Assert.Equal((MlKem768.CiphertextSize, MlKem768.SecretSize), (ciphertext.Length, secret.Length));
            Assert.Equal(secret, ours.Decapsulate(ciphertext));
        }
    }

    // FIPS 203 section 7.2, check 2.
    [Theory]
    [MemberData(nameof(MlKem768Implementations.Names), MemberType = typeof(MlKem768Implementations))]
    public void A_key_with_a_coefficient_that_is_no_residue_is_refused(string implementation)
    {
        using MlKem768 kem = MlKem768Implementations.Create(implementation);
        Assert.Null(kem.Encapsulate(Vectors["keyAboveModulus"]));
        foreach (int position in new[] { 0, 1, 255, 256, 383, 766, 767 })
        {
            foreach (int value in new[] { Modulus, Modulus + 1, 4095 })
            {
                Assert.Null(kem.Encapsulate(WithCoefficient(position, value)));
            }
            Assert.NotNull(kem.Encapsulate(WithCoefficient(position, Modulus - 1)));
        }
    }

    // FIPS 203 section 7.3, check 1. The exchange has refused such a reply before.
    [Theory]
    [InlineData(MlKem768.CiphertextSize - 1)]
    [InlineData(MlKem768.CiphertextSize + 1)]
    public void A_ciphertext_of_another_size_is_refused(int size)
    {
        foreach (string implementation in MlKem768Implementations.All)
        {
            using MlKem768 kem = MlKem768Implementations.Create(implementation);
            kem.GenerateKey();
            Assert.ThrowsAny<ArgumentException>(() => kem.Decapsulate(new byte[size]));
        }
    }

    [Fact]
    public void Keys_and_secrets_are_fresh_each_time()
    {
        foreach (string implementation in MlKem768Implementations.All)
        {
            using MlKem768 kem = MlKem768Implementations.Create(implementation);
            byte[] key = kem.GenerateKey();
            Assert.NotEqual(key, kem.GenerateKey());
            Assert.NotEqual(Encapsulate(kem, key).Secret, Encapsulate(kem, key).Secret);
        }
    }

    [Fact]
    public void The_platforms_implementation_is_used_where_there_is_one()
    {
        using var kem = MlKem768.Create();
        Assert.Equal(MLKem.IsSupported ? typeof(LibCryptoMlKem768) : typeof(BouncyCastleMlKem768), kem.GetType());
    }

    private static (byte[] Ciphertext, byte[] Secret) Encapsulate(MlKem768 kem, byte[] key) =>
        kem.Encapsulate(key) ?? throw new Xunit.Sdk.XunitException("the key was refused");

    // FIPS 203 section 4.2.1: ByteEncode with 12 bits, two coefficients in three bytes.
    private static byte[] WithCoefficient(int position, int value)
    {
        byte[] key = [.. Vectors["encapsulationKey"]];
        Span<byte> three = key.AsSpan(position / 2 * 3, 3);
        if (position % 2 == 0)
        {
            three[0] = (byte)value;
            three[1] = (byte)((three[1] & 0xF0) | (value >> 8));
        }
        else
        {
            three[1] = (byte)((three[1] & 0x0F) | (value << 4));
            three[2] = (byte)(value >> 4);
        }
        return key;
    }

    private static Dictionary<string, byte[]> ReadVectors()
    {
        var vectors = new Dictionary<string, string>();
        string name = "";
        foreach (string line in File.ReadLines(Repository.File("tests/Unit/Ssh/KeyExchange/mlkem768.txt")).Where(line => !line.StartsWith('#')))
        {
            if (line.StartsWith(' '))
            {
                vectors[name] += line.Trim();
            }
            else
            {
                vectors[name = line] = "";
            }
        }
        return vectors.ToDictionary(vector => vector.Key, vector => Convert.FromHexString(vector.Value));
    }
}

/// <summary>The implementations that this machine has: libcrypto's from OpenSSL 3.5 on, as in Debian 13.</summary>
internal static class MlKem768Implementations
{
    private const string LibCrypto = "libcrypto";
    private const string BouncyCastle = "BouncyCastle";

    public static IReadOnlyList<string> All { get; } = MLKem.IsSupported ? [LibCrypto, BouncyCastle] : [BouncyCastle];

    public static TheoryData<string> Names => [.. All];

    public static TheoryData<string, string> Pairs
    {
        get
        {
            TheoryData<string, string> pairs = [];
            foreach (string one in All)
            {
                foreach (string other in All)
                {
                    pairs.Add(one, other);
                }
            }
            return pairs;
        }
    }

    /// <param name="implementation">Its name.</param>
    /// <param name="random">Its random numbers; null: real ones. libcrypto's has none but real ones.</param>
    public static MlKem768 Create(string implementation, byte[]? random = null) =>
        implementation == LibCrypto ? new LibCryptoMlKem768()
        : random is null ? new BouncyCastleMlKem768()
        : new BouncyCastleMlKem768(new SecureRandom(new GivenNumbers(random)));

    /// <summary>The key of a seed, by one that was created with it.</summary>
    public static byte[] GenerateKey(MlKem768 kem, byte[] seed) => kem is LibCryptoMlKem768 libCrypto ? libCrypto.GenerateKey(seed) : kem.GenerateKey();

    private sealed class GivenNumbers(byte[] numbers) : IRandomGenerator
    {
        private int _used;

        public void AddSeedMaterial(byte[] seed)
        {
        }

        public void AddSeedMaterial(ReadOnlySpan<byte> seed)
        {
        }

        public void AddSeedMaterial(long seed)
        {
        }

        public void NextBytes(byte[] bytes) => NextBytes(bytes.AsSpan());

        public void NextBytes(byte[] bytes, int start, int len) => NextBytes(bytes.AsSpan(start, len));

        public void NextBytes(Span<byte> bytes)
        {
            numbers.AsSpan(_used, bytes.Length).CopyTo(bytes);
            _used += bytes.Length;
        }
    }
}
