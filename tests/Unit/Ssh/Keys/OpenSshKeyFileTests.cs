using System.Text;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.Keys;

public sealed class OpenSshKeyFileTests : IDisposable
{
    private readonly ScratchFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("ed25519", null)]
    [InlineData("ecdsa", 256)]
    [InlineData("ecdsa", 384)]
    [InlineData("ecdsa", 521)]
    [InlineData("rsa", 2048)]
    [InlineData("rsa", 3072)]
    [InlineData("rsa", 2056)]
    public async Task Keys_of_ssh_keygen_are_read_and_sign(string type, int? bits)
    {
        string path = _files.GenerateKey("key", type, bits);
        using SshPrivateKey key = KeyFile.Load(path);
        Assert.Equal(SshPublicKey.ParseLine(await File.ReadAllTextAsync(path + ".pub")).Blob.ToArray(), key.PublicKey.Blob.ToArray());
        Assert.Contains(key.PublicKey.Fingerprint, await Command.OutputAsync("ssh-keygen", "-l", "-f", path + ".pub"), StringComparison.Ordinal);
        foreach (SignatureAlgorithm algorithm in SignatureAlgorithm.OfKeyType(key.PublicKey.Type))
        {
            Assert.True(SignatureVerifier.Verify(key.PublicKey, algorithm, key.Sign(algorithm, "x"u8), "x"u8));
        }
    }

    [Theory]
    [InlineData(SshKeyTypes.Ed25519)]
    [InlineData(SshKeyTypes.EcdsaP256)]
    [InlineData(SshKeyTypes.Rsa)]
    public async Task New_keys_are_read_by_ssh_keygen_and_here(string type)
    {
        using SshPrivateKey key = type switch
        {
            SshKeyTypes.Ed25519 => Ed25519PrivateKey.Generate(),
            SshKeyTypes.EcdsaP256 => EcdsaPrivateKey.Generate(),
            _ => RsaPrivateKey.Generate(),
        };
        string path = _files.PathOf("key");
        File.WriteAllText(path, OpenSshKeyFile.Format(key, "a comment"));
        await Command.OutputAsync("chmod", "600", path);

        Assert.Equal($"{key.PublicKey} a comment\n", await Command.OutputAsync("ssh-keygen", "-y", "-f", path));
        Assert.Contains(key.PublicKey.Fingerprint, await Command.OutputAsync("ssh-keygen", "-l", "-f", path), StringComparison.Ordinal);
        using SshPrivateKey read = KeyFile.Load(path);
        Assert.True(SignatureVerifier.Verify(key.PublicKey, read.PreferredAlgorithm, read.Sign("x"u8), "x"u8));
    }

    [Fact]
    public void Line_ends_of_other_systems_do_no_harm()
    {
        string path = _files.GenerateKey("key", "ed25519");
        File.WriteAllText(path, "\r\n" + File.ReadAllText(path).ReplaceLineEndings("\r\n") + "\r\n");
        KeyFile.Load(path).Dispose();
    }

    [Fact]
    public void A_passphrase_is_named_with_its_remedy()
    {
        string path = _files.GenerateKey("key", "ed25519", passphrase: "secret");
        AssertRefused(path, "it has a passphrase", "ssh-keygen -p -N '' -f");
    }

    [Fact]
    public void The_PEM_format_is_named_with_its_remedy()
    {
        string path = _files.GenerateKey("key", "rsa", 2048, format: "PEM");
        AssertRefused(path, "not in OpenSSH's private key format", "ssh-keygen -p -N '' -f");
    }

    [Fact]
    public void A_public_key_file_is_refused()
    {
        string path = _files.GenerateKey("key", "ed25519") + ".pub";
        AssertRefused(path, "not in OpenSSH's private key format");
    }

    [Fact]
    public void A_file_that_is_empty_or_cut_short_is_refused_with_the_remedy()
    {
        File.WriteAllText(_files.PathOf("empty"), "");
        AssertRefused(_files.PathOf("empty"), "it is empty", "copy the key again");
        string whole = File.ReadAllText(_files.GenerateKey("key", "ed25519"));
        File.WriteAllText(_files.PathOf("cut"), whole[..(whole.Length / 2)]);
        AssertRefused(_files.PathOf("cut"), "it is cut short", "copy the whole key again");
    }

    [Fact]
    public void Weak_and_unknown_keys_are_refused()
    {
        AssertRefused(_files.GenerateKey("weak", "rsa", 1024), "1024 bits");
        AssertRefused(_files.GenerateKey("dsa", "dsa"), "ssh-dss");
    }

    [Fact]
    public void Damaged_base64_is_refused()
    {
        string path = _files.GenerateKey("key", "ed25519");
        File.WriteAllText(path, File.ReadAllText(path).Replace("b3Blbn", "b3B!bn", StringComparison.Ordinal));
        AssertRefused(path, "base64 is damaged");
    }

    // Whatever is damaged: an explained refusal, or the key itself where the damage is in the padding.
    [Theory]
    [InlineData("ed25519", null)]
    [InlineData("ecdsa", 256)]
    [InlineData("rsa", 2048)]
    public void Every_damaged_and_truncated_file_is_refused_with_an_explanation(string type, int? bits)
    {
        string path = _files.GenerateKey("key", type, bits);
        using SshPrivateKey intact = KeyFile.Load(path);
        byte[] blob = BlobOf(path);
        for (int i = 0; i < blob.Length; i++)
        {
            byte[] damaged = [.. blob];
            damaged[i] ^= 0x81;
            AssertRefusedOrSame(damaged, intact, $"byte {i}");
            AssertRefusedOrSame(blob[..i], intact, $"cut at {i}");
        }
    }

    [Fact]
    public void A_private_half_that_is_too_short_is_refused() => AssertRefusedText(
        Wrap(Container(PublicEd25519(1), new SshWriter().WriteString("ssh-ed25519").WriteString(new byte[32]).WriteString(new byte[16]).WriteString("c").ToArray())));

    [Fact]
    public void An_RSA_key_whose_primes_are_one_is_refused()
    {
        byte[] modulus = [0x80, .. new byte[254], 1];
        byte[] publicKey = new SshWriter().WriteString("ssh-rsa").WritePositiveMpint([3]).WritePositiveMpint(modulus).ToArray();
        byte[] section = new SshWriter().WriteString("ssh-rsa").WritePositiveMpint(modulus).WritePositiveMpint([3]).WritePositiveMpint([5])
            .WritePositiveMpint([1]).WritePositiveMpint([1]).WritePositiveMpint([1]).WriteString("c").ToArray();
        AssertRefusedText(Wrap(Container(publicKey, section)));
    }

    [Fact]
    public void Halves_of_different_keys_are_refused()
    {
        byte[] mine = PublicEd25519(1);
        byte[] section = new SshWriter().WriteString("ssh-ed25519").WriteString(new byte[32])
            .WriteString([.. Enumerable.Repeat((byte)2, 32), .. new byte[32]]).WriteString("c").ToArray();
        SshFormatException refused = AssertRefusedText(Wrap(Container(mine, section)));
        Assert.Contains("do not belong together", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_keys_in_one_file_are_refused()
    {
        byte[] blob = new SshWriter().WriteBytes("openssh-key-v1\0"u8).WriteString("none").WriteString("none").WriteString("")
            .WriteUInt32(2).WriteString(PublicEd25519(1)).WriteString(PublicEd25519(2)).WriteString("").ToArray();
        Assert.Contains("exactly one key", AssertRefusedText(Wrap(blob)).Message, StringComparison.Ordinal);
    }

    private static byte[] PublicEd25519(byte seed)
    {
        using Ed25519PrivateKey key = Ed25519PrivateKey.FromSeed([.. Enumerable.Repeat(seed, 32)]);
        return key.PublicKey.Blob.ToArray();
    }

    private static byte[] Container(byte[] publicKey, byte[] section) => new SshWriter()
        .WriteBytes("openssh-key-v1\0"u8).WriteString("none").WriteString("none").WriteString("").WriteUInt32(1).WriteString(publicKey)
        .WriteString(new SshWriter().WriteUInt32(7).WriteUInt32(7).WriteBytes(section).Written).ToArray();

    private static byte[] BlobOf(string path) => Convert.FromBase64String(string.Concat(File.ReadAllLines(path).Where(line => !line.StartsWith('-'))));

    private static string Wrap(byte[] blob) => $"-----BEGIN OPENSSH PRIVATE KEY-----\n{Convert.ToBase64String(blob)}\n-----END OPENSSH PRIVATE KEY-----\n";

    private static SshFormatException AssertRefusedText(string text) => Assert.Throws<SshFormatException>(() => OpenSshKeyFile.Parse(Encoding.UTF8.GetBytes(text)));

    private static void AssertRefusedOrSame(byte[] blob, SshPrivateKey intact, string what)
    {
        Exception? problem = Record.Exception(() =>
        {
            using SshPrivateKey read = OpenSshKeyFile.Parse(Encoding.ASCII.GetBytes(Wrap(blob)));
            Assert.Equal(intact.PublicKey.Blob.ToArray(), read.PublicKey.Blob.ToArray());
        });
        // CryptographicException: the numbers contradict each other; Load explains it with the file's name.
        Assert.True(problem is null or SshFormatException or System.Security.Cryptography.CryptographicException, $"{what}: {problem}");
    }

    private static void AssertRefused(string path, params string[] words)
    {
        SshFormatException refused = Assert.Throws<SshFormatException>(() => KeyFile.Load(path));
        Assert.Contains($"'{path}'", refused.Message, StringComparison.Ordinal);
        Assert.All(words, word => Assert.Contains(word, refused.Message, StringComparison.Ordinal));
    }
}
