using System.Diagnostics;
using System.Net;
using SshGateway.Tests.Support.Harness;
using Xunit.Abstractions;

namespace SshGateway.Tests.EndToEnd;

/// <summary>The proxies without their operator, in a gateway of their own.</summary>
[Collection(OwnGatewayTests.Name)]
public sealed class OperatorOutageTests(SharedGateway shared, ITestOutputHelper output)
{
    [RealSshFact]
    public async Task Logins_go_on_without_the_operator_and_changes_flow_again_when_it_is_back()
    {
        await using Gateway gateway = await Gateway.StartAsync(shared.Gateway.Keys);
        await using PodSshd first = await gateway.AddPodAsync("first", shared.UserKey);
        await using PodSshd second = await gateway.AddPodAsync("second", shared.UserKey);
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
        await using PodSshd third = await gateway.AddPodAsync("third", shared.UserKey);
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
        await using PodSshd pod = await gateway.AddPodAsync("first", shared.UserKey);
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

    /// <summary>Longer than every limit and delay of the feed.</summary>
    [RealSshFact]
    [Trait("Category", "Long")]
    public async Task Logins_go_on_for_minutes_while_both_operators_are_down()
    {
        TimeSpan outage = TimeSpan.FromMinutes(2);
        await using Gateway gateway = await Gateway.StartAsync(shared.Gateway.Keys, new GatewayOptions { OperatorSources = [null, null] });
        await using PodSshd first = await gateway.AddPodAsync("first", shared.UserKey);
        await using PodSshd second = await gateway.AddPodAsync("second", shared.UserKey);
        SshClient[] clients =
            [.. gateway.Proxies.Select(proxy => SshClient.Create(proxy.Ssh, shared.UserKey, gateway.Keys.HostKeys))];
        foreach (SshClient client in clients)
        {
            await client.RunWhenKnownAsync("first", "true");
            await client.RunWhenKnownAsync("second", "true");
        }
        await using LineDialog open = LineDialog.Start(clients[0], "first", "cat");
        Assert.Equal("before", await open.EchoAsync("before"));

        await gateway.KillOperatorAsync(0);
        await gateway.KillOperatorAsync(1);
        Stopwatch clock = Stopwatch.StartNew();
        int logins = 0;
        while (clock.Elapsed < outage)
        {
            foreach (SshClient client in clients)
            {
                foreach (PodSshd pod in new[] { first, second })
                {
                    CommandResult result = await client.RunAsync(pod.Name, "echo $POD");
                    Assert.True(result.Text == $"{pod.Name}\n", $"after {clock.Elapsed} without operators\n{result}\n{gateway.Logs}");
                    logins++;
                }
            }
        }
        output.WriteLine($"Figure: {logins} logins through two proxies in {outage.TotalMinutes} minutes without an operator, all of them good");

        foreach (ProxyProcess proxy in gateway.Proxies)
        {
            Scrape metrics = await Scrape.OfAsync(proxy.Http);
            Assert.True(metrics["sshgateway_proxy_table_age_seconds"] >= outage.TotalSeconds - 15, $"{metrics}");
            Assert.Equal(0, metrics["sshgateway_proxy_feed_in_step"]);
            using HttpClient http = new() { BaseAddress = proxy.Http };
            using HttpResponseMessage ready = await http.GetAsync(new Uri("/readyz", UriKind.Relative));
            Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        }
        Assert.Equal("after", await open.EchoAsync("after"));

        // One of them is enough.
        gateway.Manifests.Remove("second");
        await gateway.StartOperatorAsync(1);
        foreach (SshClient client in clients)
        {
            await Eventually.TrueAsync(
                async () => (await client.RunAsync("second", "true")).ErrorText.Contains("Permission denied", StringComparison.Ordinal),
                TimeSpan.FromSeconds(20),
                () => $"the removed session still takes logins\n{gateway.Logs}");
        }
        Assert.Equal("at last", await open.EchoAsync("at last"));
    }
}
