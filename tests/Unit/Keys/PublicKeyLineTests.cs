using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;
using Xunit;

namespace SshGateway.Tests.Unit.Keys;

/// <summary>Public key lines against the keys that OpenSSH makes.</summary>
public sealed class PublicKeyLineTests
{
    private const string Ed25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

    [Theory]
    [InlineData("ed25519", "256", SshKeyTypes.Ed25519)]
    [InlineData("ecdsa", "256", SshKeyTypes.EcdsaP256)]
    [InlineData("ecdsa", "384", SshKeyTypes.EcdsaP384)]
    [InlineData("ecdsa", "521", SshKeyTypes.EcdsaP521)]
    [InlineData("rsa", "2048", SshKeyTypes.Rsa)]
    [InlineData("rsa", "3072", SshKeyTypes.Rsa)]
    [InlineData("rsa", "4096", SshKeyTypes.Rsa)]
    public async Task A_key_of_ssh_keygen_is_read_and_has_its_fingerprint(string type, string bits, string name)
    {
        using var directory = new TemporaryDirectory();
        string line = await MakeKeyAsync(directory, type, bits);

        SshPublicKey key = SshPublicKey.ParseLine(line);

        Assert.Equal(name, key.Type);
        Assert.Equal(string.Join(' ', line.Split(' ')[..2]), key.ToString());
        string listed = await Command.OutputAsync("ssh-keygen", "-l", "-f", directory.File("key.pub"));
        Assert.Equal(listed.Split(' ')[1], key.Fingerprint);
    }

    [Fact]
    public async Task A_weak_rsa_key_is_refused_with_its_size()
    {
        using var directory = new TemporaryDirectory();
        string line = await MakeKeyAsync(directory, "rsa", "1024");

        var exception = Assert.Throws<SshFormatException>(() => SshPublicKey.ParseLine(line));

        Assert.Equal("an RSA key of 1024 bits; 2048 to 8192 are accepted", exception.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ssh-ed25519")]
    [InlineData("# a comment")]
    [InlineData("command=\"/bin/sh\" " + Ed25519)]
    [InlineData("restrict,pty " + Ed25519)]
    [InlineData("ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl")]
    [InlineData("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKI=")]
    [InlineData("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJlAA==")]
    [InlineData("ssh-ed25519 not!base64")]
    [InlineData("ssh-dss AAAAB3NzaC1kc3MAAAAA")]
    public void A_line_that_is_no_usable_key_is_refused(string line) =>
        Assert.Throws<SshFormatException>(() => SshPublicKey.ParseLine(line));

    [Theory]
    [InlineData(Ed25519)]
    [InlineData(Ed25519 + " alice@example")]
    [InlineData(Ed25519 + " a comment of many words")]
    [InlineData("  " + Ed25519 + "  ")]
    [InlineData("ssh-ed25519\tAAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl\tcomment")]
    public void Comments_and_blanks_around_a_key_do_not_matter(string line) =>
        Assert.Equal(Ed25519, SshPublicKey.ParseLine(line).ToString());

    private static async Task<string> MakeKeyAsync(TemporaryDirectory directory, string type, string bits)
    {
        await Command.OutputAsync("ssh-keygen", "-q", "-t", type, "-b", bits, "-N", "", "-C", "a test", "-f", directory.File("key"));
        return (await File.ReadAllTextAsync(directory.File("key.pub"))).TrimEnd('\n');
    }
}
