using System.Security.Cryptography;
using System.Text;
using SshGateway.Ssh.Ciphers;
using SshGateway.Ssh.Crypto;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.Ciphers;

/// <summary>The ciphers and MACs against published vectors.</summary>
public sealed class CipherVectorTests
{
    private const string GcmPlaintext =
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";

    private const string GcmAdditionalData = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
    private const string GcmIv = "cafebabefacedbaddecaf888";

    // McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)", the submission to NIST: test cases 4 and 16.
    [Theory]
    [InlineData(
        "feffe9928665731c6d6a8f9467308308",
        "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
        "5bc94fbc3221a5db94fae95ae7121a47")]
    [InlineData(
        "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
        "76fc6ece0f4e1768cddf8853bb2d551b")]
    public void AES_GCM_test_cases_4_and_16_of_McGrew_and_Viega(string key, string ciphertext, string tag)
    {
        byte[] keyBytes = Hex.Bytes(key);
        nint cipher = keyBytes.Length == 16 ? LibCrypto.EVP_aes_128_gcm() : LibCrypto.EVP_aes_256_gcm();
        using var encryption = new CipherContext(cipher, keyBytes, new byte[12], encrypt: true);
        using var decryption = new CipherContext(cipher, keyBytes, new byte[12], encrypt: false);
        byte[] output = new byte[60];
        byte[] outputTag = new byte[16];
        // Twice: a context is kept from packet to packet.
        for (int round = 0; round < 2; round++)
        {
            encryption.Restart(Hex.Bytes(GcmIv));
            encryption.Authenticate(Hex.Bytes(GcmAdditionalData));
            encryption.Transform(Hex.Bytes(GcmPlaintext), output);
            encryption.FinishWithTag(outputTag);
            Assert.Equal(Hex.Bytes(ciphertext), output);
            Assert.Equal(Hex.Bytes(tag), outputTag);

            decryption.Restart(Hex.Bytes(GcmIv));
            decryption.Authenticate(Hex.Bytes(GcmAdditionalData));
            decryption.Transform(output, output);
            Assert.True(decryption.FinishMatchesTag(outputTag));
            Assert.Equal(Hex.Bytes(GcmPlaintext), output);
        }
    }

    // RFC 5647 section 7: packet_length is the additional data, the rest is encrypted, and section 7.1: the invocation
    // counter, the last 8 bytes of the nonce, goes up by one with each packet. .NET's own AES-GCM is the other
    // implementation.
    [Theory]
    [InlineData("aes128-gcm@openssh.com", "000102030405060708090a0b")]
    [InlineData("aes256-gcm@openssh.com", "0001020300000000000000fe")]
    [InlineData("aes256-gcm@openssh.com", "ffffffffffffffffffffffff")]
    public void AES_GCM_packets_are_laid_out_as_in_RFC_5647_section_7(string name, string iv)
    {
        CipherAlgorithm algorithm = CipherAlgorithm.All.Single(cipher => cipher.Name == name);
        byte[] key = [.. Enumerable.Range(0, algorithm.KeySize).Select(i => (byte)(3 * i))];
        byte[] nonce = Hex.Bytes(iv);
        byte[] body = [.. Enumerable.Range(0, 48).Select(i => (byte)i)];
        using IPacketSealer sealer = algorithm.CreateSealer(key, nonce, null, []);
        using var other = new AesGcm(key, 16);
        for (uint sequence = 0; sequence < 4; sequence++)
        {
            byte[] packet = new byte[4 + 48 + 16];
            sealer.Seal(body, packet, sequence);

            byte[] expected = [0, 0, 0, 48, .. new byte[48 + 16]];
            other.Encrypt(nonce, body, expected.AsSpan(4, 48), expected.AsSpan(52), expected.AsSpan(0, 4));
            Assert.Equal(expected, packet);
            Increment(nonce.AsSpan(4));
        }
    }

    // RFC 3686 section 6, test vector #1; NIST SP 800-38A sections F.5.1 and F.5.5.
    [Theory]
    [InlineData("AE6852F8121067CC4BF7A5765577F39E", "00000030000000000000000000000001", "53696E676C6520626C6F636B206D7367", "E4095D4FB7A7B3792D6175A3261311B8")]
    [InlineData(
        "2b7e151628aed2a6abf7158809cf4f3c",
        "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
        "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee")]
    [InlineData(
        "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
        "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
        "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c52b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6")]
    public void AES_CTR_vectors_of_RFC_3686_and_SP_800_38A(string key, string counter, string plaintext, string ciphertext)
    {
        byte[] keyBytes = Hex.Bytes(key);
        nint cipher = keyBytes.Length == 16 ? LibCrypto.EVP_aes_128_ctr() : LibCrypto.EVP_aes_256_ctr();
        byte[] text = Hex.Bytes(plaintext);
        using var context = new CipherContext(cipher, keyBytes, Hex.Bytes(counter), encrypt: true);
        // In two pieces, in place: the length, then the rest, as a packet is.
        context.Transform(text.AsSpan(0, 4), text.AsSpan(0, 4));
        context.Transform(text.AsSpan(4), text.AsSpan(4));
        Assert.Equal(Hex.Bytes(ciphertext), text);
    }

    // RFC 4231 sections 4.2 (test case 1), 4.3 (test case 2) and 4.4 (test case 3).
    [Theory]
    [InlineData(
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        "4869205468657265",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854")]
    [InlineData(
        "4a656665",
        "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737")]
    [InlineData(
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
        "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb")]
    public void HMAC_SHA2_test_cases_of_RFC_4231(string key, string data, string sha256, string sha512)
    {
        // Our MAC is over the sequence number and the packet: the first four bytes of the data take the number's place.
        byte[] bytes = Hex.Bytes(data);
        uint sequence = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes);
        foreach ((HashAlgorithmName hash, string expected) in new[] { (HashAlgorithmName.SHA256, sha256), (HashAlgorithmName.SHA512, sha512) })
        {
            using var mac = new PacketMac(hash, Hex.Bytes(key));
            byte[] tag = new byte[mac.Size];
            for (int round = 0; round < 2; round++)
            {
                mac.Compute(sequence, bytes.AsSpan(4, 1), bytes.AsSpan(5), tag);
                Assert.Equal(Hex.Bytes(expected), tag);
                Assert.True(mac.Matches(sequence, bytes.AsSpan(4), tag));
                Assert.False(mac.Matches(sequence + 1, bytes.AsSpan(4), tag));
            }
        }
    }

    // draft-ietf-sshm-chacha20-poly1305-04, appendix A: key material of figure 5, packet of figure 4, sequence number
    // 7, wire bytes of figure 18.
    [Fact]
    public void The_worked_example_of_the_chacha20_poly1305_draft_appendix_A()
    {
        byte[] key = Hex.Bytes(
            "8bbff6855fc102338c373e73aac0c914f076a905b2444a32eecaffeae22becc5",
            "e9b7a7a5825a8249346ec1c28301cf394543fc7569887d76e168f37562ac0740");
        byte[] body = [6, 0x5e, 0, 0, 0, 0, 0, 0, 0, 56, .. Encoding.ASCII.GetBytes("Lorem ipsum dolor sit amet, consectetur adipisicing elit"), .. Hex.Bytes("4e43e804dc6c")];
        byte[] wire = Hex.Bytes(
            "2c3ecce4a5bc05895bf07a7ba956b6c68829ac7c83b780b7000ecde745afc705bbc378ce03a280236b87b53bed5839662302b164b6286a48cd1e097138e3cb90",
            "9b8b2b829dd18d2a35ff82d995349e855bf02c298ef775f2d1a7e8b8");
        Assert.Equal(0x48, body.Length);

        using var sealer = new ChaCha20Poly1305Sealer(key);
        byte[] packet = new byte[wire.Length];
        sealer.Seal(body, packet, 7);
        Assert.Equal(wire, packet);

        using var opener = new ChaCha20Poly1305Opener(key);
        Assert.Equal(0x48u, opener.ReadLength(packet.AsSpan(0, 4), 7));
        Assert.True(opener.Open(packet, 7));
        Assert.Equal(body, packet[4..^16]);
    }

    // The tag again from another path to Poly1305: the openssl program, keyed with block 0 of ChaCha20, for a number
    // that needs more than one byte.
    [Fact]
    public async Task The_tag_of_chacha20_poly1305_is_what_the_openssl_program_computes()
    {
        const uint Sequence = 0x01020304;
        byte[] key = RandomNumberGenerator.GetBytes(64);
        byte[] body = RandomNumberGenerator.GetBytes(40);
        using var sealer = new ChaCha20Poly1305Sealer(key);
        byte[] packet = new byte[4 + 40 + 16];
        sealer.Seal(body, packet, Sequence);

        using var files = new ScratchFiles();
        await File.WriteAllBytesAsync(files.PathOf("zeros"), new byte[32]);
        await File.WriteAllBytesAsync(files.PathOf("body"), body);
        await File.WriteAllBytesAsync(files.PathOf("sealed"), packet[..44]);
        // 64-bit little-endian block number, 64-bit big-endian nonce.
        await EncryptAsync("zeros", "polykey", "0000000000000000");
        await EncryptAsync("body", "encrypted", "0100000000000000");
        string polyKey = Convert.ToHexString(await File.ReadAllBytesAsync(files.PathOf("polykey")));
        string tag = await Command.OutputAsync("openssl", "mac", "-macopt", $"hexkey:{polyKey}", "-in", files.PathOf("sealed"), "poly1305");

        Assert.Equal(await File.ReadAllBytesAsync(files.PathOf("encrypted")), packet[4..44]);
        Assert.Equal(tag.Trim(), Convert.ToHexString(packet.AsSpan(44)), ignoreCase: true);

        Task<string> EncryptAsync(string input, string output, string block) => Command.OutputAsync(
            "openssl", "enc", "-chacha20", "-K", Convert.ToHexString(key.AsSpan(0, 32)), "-iv", block + "0000000001020304", "-in", files.PathOf(input), "-out", files.PathOf(output));
    }

    private static void Increment(Span<byte> counter)
    {
        for (int i = counter.Length - 1; i >= 0 && ++counter[i] == 0; i--)
        {
        }
    }
}
