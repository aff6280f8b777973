using System.Security.Cryptography;
using System.Text;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.Keys;

public sealed class SignatureVectorTests
{
    // RFC 8032 section 7.1: TEST 1, TEST 2, TEST 3.
    [Theory]
    [InlineData(
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [InlineData(
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")]
    [InlineData(
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")]
    public void Ed25519_tests_1_to_3_of_RFC_8032_section_7_1(string seed, string publicKey, string message, string signature)
    {
        using Ed25519PrivateKey key = Ed25519PrivateKey.FromSeed(Hex.Bytes(seed));
        // RFC 8709 section 4 and 6: how key and signature are laid out.
        Assert.Equal(Hex.Bytes("0000000b 7373682d65643235353139 00000020", publicKey), key.PublicKey.Blob.ToArray());
        byte[] expected = Hex.Bytes("0000000b 7373682d65643235353139 00000040", signature);
        Assert.Equal(expected, key.Sign(Algorithm("ssh-ed25519"), Hex.Bytes(message)));
        AssertVerifiesOnlyThis(key.PublicKey, "ssh-ed25519", expected, Hex.Bytes(message));
    }

    // RFC 6979 appendices A.2.5 (P-256, SHA-256), A.2.6 (P-384, SHA-384) and A.2.7 (P-521, SHA-512), message "sample".
    [Theory]
    [InlineData(
        "nistp256",
        "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6",
        "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299",
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
        "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8")]
    [InlineData(
        "nistp384",
        "EC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E06AAE5286B300C64DEF8F0EA9055866064A254515480BC13",
        "8015D9B72D7D57244EA8EF9AC0C621896708A59367F9DFB9F54CA84B3F1C9DB1288B231C3AE0D4FE7344FD2533264720",
        "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46",
        "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8")]
    [InlineData(
        "nistp521",
        "01894550D0785932E00EAA23B694F213F8C3121F86DC97A04E5A7167DB4E5BCD371123D46E45DB6B5D5370A7F20FB633155D38FFA16D2BD761DCAC474B9A2F5023A4",
        "00493101C962CD4D2FDDF782285E64584139C2F91B47F87FF82354D6630F746A28A0DB25741B5B34A828008B22ACC23F924FAAFBD4D33F81EA66956DFEAA2BFDFCF5",
        "00C328FAFCBD79DD77850370C46325D987CB525569FB63C5D3BC53950E6D4C5F174E25A1EE9017B5D450606ADD152B534931D7D4E8455CC91F9B15BF05EC36E377FA",
        "00617CCE7CF5064806C467F678D3B4080D6F1CC50AF26CA209417308281B68AF282623EAA63E5B5C0723D8B8C37FF0777B1A20F8CCB1DCCC43997F1EE0E44DA4A67A")]
    public void ECDSA_signatures_of_RFC_6979_appendix_A_2(string curve, string x, string y, string r, string s)
    {
        string type = "ecdsa-sha2-" + curve;
        SshPublicKey key = SshPublicKey.Parse(
            new SshWriter().WriteString(type).WriteString(curve).WriteString(Hex.Bytes("04", x, y)).Written);
        // RFC 5656 section 3.1.2: two mpints.
        byte[] signature = Ecdsa(type, Hex.Bytes(r), Hex.Bytes(s));
        AssertVerifiesOnlyThis(key, type, signature, "sample"u8.ToArray());
        Assert.False(SignatureVerifier.Verify(key, Algorithm(type), Ecdsa(type, Hex.Bytes(s), Hex.Bytes(r)), "sample"u8));
        Assert.False(SignatureVerifier.Verify(key, Algorithm(type), Ecdsa(type, [0], [0]), "sample"u8));
        Assert.False(SignatureVerifier.Verify(key, Algorithm(type), Ecdsa(type, [1, .. new byte[80]], Hex.Bytes(s)), "sample"u8));
    }

    // RFC 8332 section 3 (PKCS#1 v1.5), signed by the openssl program.
    [Theory]
    [InlineData("rsa-sha2-256", "sha256", 2048)]
    [InlineData("rsa-sha2-512", "sha512", 3072)]
    [InlineData("rsa-sha2-512", "sha512", 2056)]
    public async Task RSA_signatures_of_the_openssl_program(string algorithm, string digest, int bits)
    {
        using var files = new ScratchFiles();
        string key = files.GenerateKey("key", "rsa", bits, format: "PEM");
        byte[] data = RandomNumberGenerator.GetBytes(100);
        await File.WriteAllBytesAsync(files.PathOf("data"), data);
        await Command.OutputAsync("openssl", "dgst", $"-{digest}", "-sign", key, "-out", files.PathOf("signature"), files.PathOf("data"));
        SshPublicKey publicKey = SshPublicKey.ParseLine(await File.ReadAllTextAsync(key + ".pub"));
        byte[] value = await File.ReadAllBytesAsync(files.PathOf("signature"));
        AssertVerifiesOnlyThis(publicKey, algorithm, Wrap(algorithm, value), data);
        // The hash belongs to the name: the same value under the other name is another signature.
        string otherName = algorithm == "rsa-sha2-256" ? "rsa-sha2-512" : "rsa-sha2-256";
        Assert.False(SignatureVerifier.Verify(publicKey, Algorithm(otherName), Wrap(otherName, value), data));
        Assert.False(SignatureVerifier.Verify(publicKey, Algorithm(algorithm), Wrap(algorithm, [0, .. value]), data));
    }

    [Fact]
    public void An_RSA_signature_without_its_leading_zero_is_still_good()
    {
        using SshPrivateKey key = PrivateKeys.Generate(SshKeyTypes.Rsa);
        for (uint attempt = 0; attempt < 5000; attempt++)
        {
            byte[] data = BitConverter.GetBytes(attempt);
            byte[] signature = key.Sign(Algorithm("rsa-sha2-256"), data);
            byte[] value = signature[(4 + 12 + 4)..];
            if (value[0] == 0)
            {
                Assert.True(SignatureVerifier.Verify(key.PublicKey, Algorithm("rsa-sha2-256"), Wrap("rsa-sha2-256", value[1..]), data));
                return;
            }
        }
        Assert.Fail("no signature with a leading zero in 5000");
    }

    [Theory]
    [InlineData(SshKeyTypes.Ed25519)]
    [InlineData(SshKeyTypes.EcdsaP256)]
    [InlineData(SshKeyTypes.EcdsaP384)]
    [InlineData(SshKeyTypes.EcdsaP521)]
    [InlineData(SshKeyTypes.Rsa)]
    public void Our_signatures_verify_also_when_many_threads_make_them(string keyType)
    {
        using SshPrivateKey key = PrivateKeys.Generate(keyType);
        foreach (SignatureAlgorithm algorithm in SignatureAlgorithm.OfKeyType(keyType))
        {
            Parallel.For(0, 64, i =>
            {
                byte[] data = BitConverter.GetBytes(i);
                Assert.True(SignatureVerifier.Verify(key.PublicKey, algorithm, key.Sign(algorithm, data), data));
            });
        }
    }

    [Fact]
    public void A_point_off_the_curve_verifies_nothing()
    {
        byte[] blob = new SshWriter().WriteString("ecdsa-sha2-nistp256").WriteString("nistp256").WriteString([4, .. new byte[63], 1]).ToArray();
        Assert.False(SignatureVerifier.Verify(SshPublicKey.Parse(blob), Algorithm("ecdsa-sha2-nistp256"), Ecdsa("ecdsa-sha2-nistp256", [1], [1]), []));
    }

    [Fact]
    public void SHA_1_is_no_algorithm_of_ours() => Assert.Null(SignatureAlgorithm.Find("ssh-rsa"u8));

    private static void AssertVerifiesOnlyThis(SshPublicKey key, string algorithm, byte[] signature, byte[] data)
    {
        Assert.True(SignatureVerifier.Verify(key, Algorithm(algorithm), signature, data));
        Assert.False(SignatureVerifier.Verify(key, Algorithm(algorithm), signature, [.. data, 0]));
        // Every bit of the value, not of the name and the lengths before it; a flipped sign bit of an mpint is
        // malformed.
        int start = 4 + algorithm.Length + 4;
        for (int i = start; i < signature.Length; i += 7)
        {
            byte[] damaged = [.. signature];
            damaged[i] ^= 1;
            Assert.False(Verifies(key, algorithm, damaged, data), $"byte {i}");
        }
        foreach (SignatureAlgorithm other in SignatureAlgorithm.All.Where(other => other.Name != algorithm))
        {
            Assert.False(SignatureVerifier.Verify(key, other, signature, data));
        }
        Assert.Throws<SshFormatException>(() => SignatureVerifier.Verify(key, Algorithm(algorithm), signature.AsSpan(0, signature.Length - 1), data));
        Assert.Throws<SshFormatException>(() => SignatureVerifier.Verify(key, Algorithm(algorithm), [.. signature, 0], data));
    }

    private static bool Verifies(SshPublicKey key, string algorithm, byte[] signature, byte[] data)
    {
        try
        {
            return SignatureVerifier.Verify(key, Algorithm(algorithm), signature, data);
        }
        catch (SshFormatException)
        {
            return false;
        }
    }

    private static SignatureAlgorithm Algorithm(string name) => SignatureAlgorithm.Find(Encoding.ASCII.GetBytes(name))!;

    private static byte[] Ecdsa(string type, byte[] r, byte[] s) =>
        Wrap(type, new SshWriter().WritePositiveMpint(r).WritePositiveMpint(s).ToArray());

    private static byte[] Wrap(string algorithm, byte[] value) => new SshWriter().WriteString(algorithm).WriteString(value).ToArray();
}
