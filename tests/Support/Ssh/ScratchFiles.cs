using SshGateway.Tests.Support.Harness;
namespace SshGateway.Tests.Support.Ssh;

/// <summary>A directory for one test's files, gone afterwards.</summary>
internal sealed class ScratchFiles : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("sshgateway-test-");

    public string PathOf(string name) => Path.Combine(_directory.FullName, name);

    /// <summary>Makes a key pair with ssh-keygen; the public half lies beside it with .pub.</summary>
    public string GenerateKey(string name, string type, int? bits = null, string passphrase = "", string? format = null)
    {
        string path = PathOf(name);
        List<string> arguments = ["-q", "-t", type, "-N", passphrase, "-C", "", "-f", path];
        if (bits is not null)
        {
            arguments.AddRange(["-b", $"{bits}"]);
        }
        if (format is not null)
        {
            arguments.AddRange(["-m", format]);
        }
        Command.OutputAsync("ssh-keygen", [.. arguments]).GetAwaiter().GetResult();
        return path;
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
