using System.Text.Json;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;
using Xunit.Abstractions;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>New proxies and new operators, while people log in by both nodes.</summary>
[Collection(ClusterGroup.Name)]
[Trait("Category", "Long")]
public sealed class RolloutTests(GatewayCluster cluster, ITestOutputHelper output)
{
    [ClusterFact]
    public async Task No_login_fails_while_the_proxies_are_replaced_and_an_open_session_stays()
    {
        // The balancer's address is node1's, and externalTrafficPolicy is Local.
        string serving = (await cluster.PodOnAsync(ClusterNodes.First, GatewayCluster.Proxies)).Name();
        string idle = (await cluster.PodOnAsync(ClusterNodes.Second, GatewayCluster.Proxies)).Name();
        await using OpenSession open = await OpenSession.StartAsync(cluster.Ssh, GatewayCluster.SessionOn(ClusterNodes.Second));

        string figure = await LoginLoop.WhileAsync(cluster, await EverywhereAsync(), async () =>
        {
            await RestartAsync("ssh-gateway-proxy");
            // It takes new clients for a moment more, and ends then: nobody is logged in through it.
            await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Gateway, "wait", "--for=delete", $"pod/{idle}", "--timeout=150s");
        });
        output.WriteLine($"Figure: real cluster: rollout of the proxies: {figure}");

        JsonElement old = await cluster.GetAsync("pod", serving, GatewayCluster.Gateway);
        Assert.True(old.IsTerminating());
        await open.GoOnAsync();
        await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Gateway, "wait", "--for=delete", $"pod/{serving}", "--timeout=150s");
        await cluster.WaitUntilWholeAsync();
    }

    [ClusterFact]
    public async Task No_login_fails_while_the_operators_are_replaced()
    {
        IReadOnlyList<string> old = [.. (await cluster.PodsAsync(GatewayCluster.Operators)).Select(pod => pod.Name())];

        string figure = await LoginLoop.WhileAsync(cluster, await EverywhereAsync(), async () =>
        {
            await RestartAsync("ssh-gateway-operator");
            await Eventually.TrueAsync(async () => (await cluster.LeaderAsync()) is { Length: > 0 } leader && !old.Contains(leader), "no new operator leads");
        });
        output.WriteLine($"Figure: real cluster: rollout of the operators: {figure}");

        await cluster.WaitUntilWholeAsync();
    }

    private async Task<(SshClient Client, string Session)[]> EverywhereAsync()
    {
        SshClient second = await cluster.ConnectToNodeAsync(ClusterNodes.Second);
        return
        [
            (cluster.Ssh, GatewayCluster.SessionOn(ClusterNodes.First)), (cluster.Ssh, GatewayCluster.SessionOn(ClusterNodes.Second)),
            (second, GatewayCluster.SessionOn(ClusterNodes.First)), (second, GatewayCluster.SessionOn(ClusterNodes.Second)),
        ];
    }

    private async Task RestartAsync(string deployment)
    {
        await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Gateway, "rollout", "restart", $"deployment/{deployment}");
        await cluster.WaitForRolloutAsync();
    }
}
