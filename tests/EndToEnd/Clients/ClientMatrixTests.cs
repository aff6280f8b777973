using System.Security.Cryptography;
using System.Text;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;
using Xunit;
using Xunit.Abstractions;

namespace SshGateway.Tests.EndToEnd.Clients;

/// <summary>
/// Every client that people bring, or the library that theirs is made of: what is seen is what docs/ssh-support.md
/// says.
/// </summary>
[Collection(ClientTests.Name)]
[Trait("Category", "Long")]
public sealed class ClientMatrixTests(ClientGateway shared, ITestOutputHelper output)
{
    private const int Size = 100 << 20;

    // Some clients stop at every exchange; with this many of them a lost or doubled packet would show as well as with
    // more.
    private const int RekeyedSize = 24 << 20;
    private const int MinExchanges = 4;

    [ClientFact("ssh", "scp")]
    public Task OpenSSH() => SeeAsync("openssh");

    [TrixieClientFact]
    public Task OpenSSH_of_Debian_13() => SeeAsync("openssh-trixie");

    [ClientFact("ssh", "ncat")]
    public Task An_editor_with_many_channels_over_one_connection() => SeeAsync("vscode-like");

    [ClientFact("/usr/lib/python3/dist-packages/asyncssh")]
    public Task Asyncssh() => SeeAsync("asyncssh");

    [ClientFact("/usr/lib/python3/dist-packages/paramiko")]
    public Task Paramiko() => SeeAsync("paramiko");

    [ClientFact("node", "tests/EndToEnd/Clients/node/node_modules/ssh2")]
    public Task Ssh2_for_Node() => SeeAsync("ssh2");

    [ClientFact("plink", "psftp", "puttygen")]
    public Task PuTTY() => SeeAsync("putty");

    [ClientFact("dbclient", "dropbearconvert")]
    public Task Dropbear() => SeeAsync("dropbear");

    [ClientFact("curl")]
    public Task Libssh2_in_curl() => SeeAsync("curl");

    [ClientFact("lftp")]
    public Task Lftp() => SeeAsync("lftp");

    [ClientFact("rsync")]
    public Task Rsync() => SeeAsync("rsync");

    [ClientFact("sshfs", "fusermount3", "/dev/fuse")]
    public Task Sshfs() => SeeAsync("sshfs");

    [ClientFact("git")]
    public Task Git() => SeeAsync("git");

    [Fact]
    public void The_table_has_a_row_for_every_client_and_no_other()
    {
        string[] tested = [.. typeof(ClientMatrixTests).GetMethods().Where(method => method.ReturnType == typeof(Task)).Select(method => method.Name)];
        string[] scripts = [.. Directory.GetFiles(Repository.File("tests/EndToEnd/Clients")).Select(Path.GetFileName).Where(name => !name!.Contains('.', StringComparison.Ordinal)).Order(StringComparer.Ordinal)!];

        Assert.Equal(scripts, ClientTable.Read().Select(row => row.Client));
        Assert.Equal(scripts.Length, tested.Length);
    }

    private async Task SeeAsync(string name)
    {
        ClientScript client = new(name, shared.Gateway.Proxies[0], shared);
        ClientScript rekeyed = new(name, shared.Gateway.Proxies[1], shared);
        StringBuilder details = new();

        CommandResult? version = await client.TryAsync("version");
        Assert.True(version is { Succeeded: true } && version.Text.Length > 1, $"{name} does not tell its version.\n{version}");
        ClientTable.Compare(
            new ClientRow(
                name,
                version.Text.Trim(),
                await CommandAsync(client, details),
                await CopyAsync(client, Size, details, "copy"),
                await CopyAsync(client, RekeyedSize, details, "rekey", $"{ClientGateway.RekeyBytes}"),
                await CopyAsync(rekeyed, RekeyedSize, details, "copy")),
            $"{details}\n{shared.Gateway.Logs}",
            output);
    }

    private static async Task<string> CommandAsync(ClientScript client, StringBuilder details)
    {
        CommandResult? result = await client.TryAsync("run", "echo \"$POD\"; echo some words >&2; exit 7");
        bool isGood = result is { TimedOut: false, ExitCode: 7 } && result.Text == $"{ClientGateway.Session}\n" && result.ErrorText == "some words\n";
        return Cell(result, isGood, details);
    }

    private async Task<string> CopyAsync(ClientScript client, int size, StringBuilder details, string verb, params string[] arguments)
    {
        string local = Path.Combine(ScratchDirectory.New("copied"), "original");
        string back = local + "-back";
        string remote = Path.Combine(shared.Pod.Home, Guid.NewGuid().ToString("n"));
        await File.WriteAllBytesAsync(local, RandomNumberGenerator.GetBytes(size));

        CommandResult? result = await client.TryAsync(verb, [.. arguments, local, remote, back]);

        bool isGood = result is { Succeeded: true } && AreEqual(local, remote) && AreEqual(local, back)
            && (verb != "rekey" || ClientScript.KeyExchanges(result) >= MinExchanges);
        foreach (string file in new[] { local, remote, back })
        {
            File.Delete(file);
        }

        return Cell(result, isGood, details);
    }

    private static bool AreEqual(string one, string other) =>
        File.Exists(other) && SHA256.HashData(File.ReadAllBytes(one)).SequenceEqual(SHA256.HashData(File.ReadAllBytes(other)));

    private static string Cell(CommandResult? result, bool isGood, StringBuilder details)
    {
        if (result is not null && !isGood)
        {
            details.AppendLine($"{result}");
        }

        return result is null ? ClientRow.None : isGood ? ClientRow.Yes : ClientRow.No;
    }
}
