using System.Net;
using SshGateway.Tests.EndToEnd.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>The proxies without their operator, in a gateway of their own.</summary>
[Collection(EndToEndTests.Name)]
public sealed class OperatorOutageTests(SharedGateway shared)
{
    [RealSshFact]
    public async Task Logins_go_on_without_the_operator_and_changes_flow_again_when_it_is_back()
    {
        await using Gateway gateway = await Gateway.StartAsync(shared.Gateway.Keys);
        await using PodSshd first = await AddAsync(gateway, "first");
        await using PodSshd second = await AddAsync(gateway, "second");
        SshClient[] clients =
            [.. gateway.Proxies.Select(proxy => SshClient.Create(proxy.Ssh, shared.UserKey, gateway.Keys.HostKeys))];
        foreach (SshClient client in clients)
        {
            Assert.Equal("first\n", (await client.RunWhenKnownAsync("first", "echo $POD")).Text);
            Assert.Equal("second\n", (await client.RunWhenKnownAsync("second", "echo $POD")).Text);
        }

        await gateway.KillOperatorAsync();

        for (int round = 0; round < 3; round++)
        {
            foreach (SshClient client in clients)
            {
                CommandResult result = await client.RunAsync("first", "echo $POD");
                Assert.True(result.Text == "first\n", $"{result}\n{gateway.Logs}");
            }
        }

        // What changes meanwhile counts once the operator is back: one session came, one went.
        gateway.Manifests.Remove("second");
        await using PodSshd third = await AddAsync(gateway, "third");
        await gateway.StartOperatorAsync();

        foreach (SshClient client in clients)
        {
            CommandResult? last = null;
            await Eventually.TrueAsync(
                async () =>
                {
                    last = await client.RunAsync("third", "echo $POD");
                    return last.Text == "third\n";
                },
                TimeSpan.FromSeconds(20),
                () => $"{last}\n{gateway.Logs}");
            await Eventually.TrueAsync(
                async () =>
                {
                    last = await client.RunAsync("second", "echo $POD");
                    return last.ErrorText.Contains("Permission denied", StringComparison.Ordinal);
                },
                TimeSpan.FromSeconds(5),
                () => $"{last}\n{gateway.Logs}");
            Assert.Equal("first\n", (await client.RunAsync("first", "echo $POD")).Text);
        }
    }

    [RealSshFact]
    public async Task A_proxy_that_starts_without_an_operator_is_not_ready_and_says_why()
    {
        await using Gateway gateway = await Gateway.StartAsync(shared.Gateway.Keys, new GatewayOptions { ProxyArguments = [] });
        await using PodSshd pod = await AddAsync(gateway, "first");
        await gateway.KillOperatorAsync();
        ProxyProcess proxy = await gateway.AddProxyAsync();
        using HttpClient http = new() { BaseAddress = proxy.Http };

        string answer = "";
        await Eventually.TrueAsync(
            async () =>
            {
                using HttpResponseMessage response = await http.GetAsync(new Uri("/readyz", UriKind.Relative));
                answer = await response.Content.ReadAsStringAsync();
                Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
                return answer.Contains("Unavailable", StringComparison.Ordinal);
            },
            () => $"{answer}\n{gateway.Logs}");
        Assert.StartsWith("no operator has sent its sessions yet: 127.0.0.1:", answer, StringComparison.Ordinal);

        await gateway.StartOperatorAsync();
        SshClient client = SshClient.Create(proxy.Ssh, shared.UserKey, gateway.Keys.HostKeys);
        Assert.Equal("first\n", (await client.RunWhenKnownAsync("first", "echo $POD")).Text);
    }

    private async Task<PodSshd> AddAsync(Gateway gateway, string id)
    {
        PodSshd pod = await PodSshd.StartAsync(new PodOptions(id, id, gateway.Keys.UserCa.PublicFile));
        gateway.Manifests.Write(
            new SessionManifest(id, [shared.UserKey.PublicLine]) { Port = pod.Endpoint.Port },
            new PodManifest(id, id, pod.Endpoint.Address));
        return pod;
    }
}
