using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>Nobody takes what the proxy logs, as on a node whose disk is full.</summary>
[Collection(EndToEndTests.Name)]
public sealed class StuckLogTests(SharedGateway shared)
{
    // Each is a line; the pipe and what may wait hold about half of them.
    private const int Connections = 6000;

    [RealSshFact]
    public async Task Logins_go_on()
    {
        const string Id = "stuck-log";
        await using Gateway gateway = await Gateway.StartAsync(shared.Gateway.Keys, new GatewayOptions { ProxyArguments = [[]] });
        await using PodSshd pod = await gateway.AddPodAsync(Id, shared.UserKey);
        ProxyProcess proxy = gateway.Proxies[0];
        SshClient ssh = SshClient.Create(proxy.Ssh, shared.UserKey, gateway.Keys.HostKeys);
        Assert.True((await ssh.RunWhenKnownAsync(Id, "true")).Succeeded);

        proxy.Daemon.StopListening();
        for (int connection = 0; connection < Connections; connection++)
        {
            using RawConnection brief = await RawConnection.OpenAsync(proxy.Ssh);
        }

        CommandResult login = await ssh.RunAsync(Id, "echo here");
        Assert.True(login.Text == "here\n", $"{login}");
    }
}
