using System.Text;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>Those who only look whether a gateway is there, and which host keys it has.</summary>
[Collection(EndToEndTests.Name)]
public sealed class ScanTests(SharedGateway shared)
{
    private const int Scans = 12;

    [RealSshFact("ssh-keyscan")]
    public async Task A_scan_is_no_failed_login()
    {
        // Loopback is exempt in the other tests.
        await using Gateway gateway = await Gateway.StartAsync(
            shared.Gateway.Keys, new GatewayOptions { ProxyArguments = [["--Proxy:PenaltyExempt:0=192.0.2.0/24"]] });
        await using PodSshd pod = await gateway.AddPodAsync("scanned", shared.UserKey);
        ProxyProcess proxy = gateway.Proxies[0];
        string[] keys = [.. gateway.Keys.HostKeys.Select(key => string.Join(' ', key.PublicLine.Split(' ')[..2])).Order()];

        for (int i = 0; i < Scans; i++)
        {
            CommandResult scan = await Command.RunAsync("ssh-keyscan", ["-p", $"{proxy.Ssh.Port}", $"{proxy.Ssh.Address}"]);

            string[] found = [.. scan.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..]).Order()];
            Assert.True(keys.SequenceEqual(found), $"scan {i}: {scan}\n{gateway.Logs}");
        }

        CommandResult login = await SshClient.Create(proxy.Ssh, shared.UserKey, gateway.Keys.HostKeys).RunWhenKnownAsync("scanned", "echo in");
        Assert.True(login.Text == "in\n", $"{login}\n{gateway.Logs}");
    }

    [RealSshFact("nc")]
    public async Task A_program_that_ends_at_once_reads_the_identification()
    {
        // OpenBSD's says that nothing follows with -N.
        CommandResult read = await Command.RunAsync(
            "nc", ["-N", $"{shared.Gateway.Proxies[0].Ssh.Address}", $"{shared.Gateway.Proxies[0].Ssh.Port}"], stdin: []);

        Assert.Equal("SSH-2.0-OpenSSH_9.9p2 SshGateway\r\n", Encoding.ASCII.GetString(read.Stdout));
    }
}
