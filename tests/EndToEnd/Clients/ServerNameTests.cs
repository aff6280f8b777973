using SshGateway.Tests.Support.Harness;
using Xunit;

namespace SshGateway.Tests.EndToEnd.Clients;

/// <summary>
/// What clients only do, or do another way, at a server whose identification says OpenSSH (docs/adr/0021).
/// </summary>
[Collection(ClientTests.Name)]
public sealed class ServerNameTests(ClientGateway shared)
{
    // OpenSSH's sftp-server has the two arguments of SSH_FXP_SYMLINK the other way round than the draft.
    [ClientFact("/usr/lib/python3/dist-packages/asyncssh")]
    public Task Asyncssh_makes_links_the_right_way_round() => AssertLinksAsync("asyncssh");

    [ClientFact("node", "tests/EndToEnd/Clients/node/node_modules/ssh2")]
    public Task Ssh2_makes_links_the_right_way_round() => AssertLinksAsync("ssh2");

    [ClientFact("node", "tests/EndToEnd/Clients/node/node_modules/ssh2", "socat")]
    public async Task Ssh2_forwards_to_a_Unix_socket()
    {
        string socket = Path.Combine(ScratchDirectory.New("forwarded"), "s");
        await using Daemon server = Daemon.Start("socat", "socat", [$"UNIX-LISTEN:{socket},mode=777", "SYSTEM:echo reached"]);
        await Eventually.TrueAsync(() => File.Exists(socket), "nobody listens");

        CommandResult? result = await Script("ssh2").TryAsync("forward", socket);

        Assert.True(result is { Succeeded: true, Text: "reached\n" }, $"{result}");
    }

    private async Task AssertLinksAsync(string client)
    {
        string link = Path.Combine(shared.Pod.Home, Guid.NewGuid().ToString("n"));

        CommandResult? result = await Script(client).TryAsync("link", "/target", link);

        Assert.True(result is { Succeeded: true }, $"{result}");
        Assert.Equal("/target", new FileInfo(link).LinkTarget);
        File.Delete(link);
    }

    private ClientScript Script(string name) => new(name, shared.Gateway.Proxies[0], shared);
}
