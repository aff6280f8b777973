namespace SshGateway.Tests.Support.Harness;

/// <summary>A key pair on disk in OpenSSH's format, made by ssh-keygen without a passphrase.</summary>
internal sealed record KeyPair(string PrivateFile, string PublicLine, string Fingerprint)
{
    public string PublicFile => PrivateFile + ".pub";

    public string CertificateFile => PrivateFile + "-cert.pub";

    /// <param name="directory">Where the two files go.</param>
    /// <param name="name">The file's name and the key's comment.</param>
    /// <param name="type">ssh-keygen's -t: ed25519, ecdsa or rsa, or with -sk behind it.</param>
    /// <param name="bits">ssh-keygen's -b, for ecdsa and rsa.</param>
    /// <param name="more">Further arguments of ssh-keygen.</param>
    public static async Task<KeyPair> GenerateAsync(string directory, string name, string type = "ed25519", int? bits = null, params string[] more)
    {
        string file = Path.Combine(directory, name);
        List<string> arguments = ["-q", "-N", "", "-C", name, "-t", type, "-f", file, .. more];
        if (bits is not null)
        {
            arguments.AddRange(["-b", $"{bits}"]);
        }

        CommandResult made = await Command.RunAsync("ssh-keygen", arguments);
        Assert.True(made.Succeeded, made.ToString());
        CommandResult shown = await Command.RunAsync("ssh-keygen", ["-lf", file]);
        Assert.True(shown.Succeeded, shown.ToString());
        string line = (await File.ReadAllTextAsync(file + ".pub")).Trim();
        return new KeyPair(file, line, shown.Text.Split(' ')[1]);
    }

    /// <summary>Has a CA certify the key; ssh takes the certificate from the file beside the key.</summary>
    /// <param name="ca">The CA's key.</param>
    /// <param name="arguments">ssh-keygen's: -n with principals, -h for a host, -V, -O and so on.</param>
    public async Task<KeyPair> CertifyAsync(KeyPair ca, params string[] arguments)
    {
        CommandResult signed = await Command.RunAsync(
            "ssh-keygen", ["-q", "-s", ca.PrivateFile, "-w", SoftwareSecurityKey.Provider, "-I", "e2e user", "-z", "7", .. arguments, PublicFile]);
        Assert.True(signed.Succeeded, signed.ToString());
        return this;
    }
}
