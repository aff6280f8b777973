using System.Text.Json;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>The feed's CA is replaced as deploy/README.md says, by deleting its Secret, while people log in.</summary>
[Collection(ClusterGroup.Name)]
[Trait("Category", "Long")]
public sealed class FeedCaReplacementTests(GatewayCluster cluster)
{
    private const string Ca = "ssh-gateway-feed-ca";
    private const string NewSession = "after-the-ca";

    [ClusterFact]
    public async Task The_leader_makes_a_new_CA_and_the_proxies_follow_operators_that_show_it()
    {
        IReadOnlyList<JsonElement> proxies = await cluster.PodsAsync(GatewayCluster.Proxies);
        string before = GatewayPods.Describe(proxies);
        await LoginLoop.WhileAsync(cluster, [(cluster.Ssh, GatewayCluster.SessionOn(ClusterNodes.Second))], () => ReplaceAsync(proxies));
        Assert.Equal(before, GatewayPods.Describe(await cluster.PodsAsync(GatewayCluster.Proxies)));
    }

    private async Task ReplaceAsync(IReadOnlyList<JsonElement> proxies)
    {
        string old = await PublishedAsync();
        await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Gateway, "delete", "secret", Ca);

        string made = old;
        await Eventually.TrueAsync(async () => (made = await PublishedAsync()) != old, "the ConfigMap still has the old CA");
        // The leaked one is not among what is trusted.
        Assert.Equal(2, made.Split("-----BEGIN CERTIFICATE-----").Length);
        foreach (JsonElement proxy in proxies)
        {
            await Eventually.TrueAsync(
                async () => await cluster.RunInPodAsync(GatewayCluster.Gateway, proxy.Name(), "cat /etc/ssh-gateway/feed-ca/ca.crt") == made,
                $"kubelet did not bring the new CA to {proxy.Name()}");
        }
        // Open streams stay open. New operators have no other certificate than the new one, and every proxy has to
        // connect to one.
        await cluster.ReplaceOperatorsAsync(proxies);
        await cluster.CreateSessionAsync(NewSession);
        try
        {
            CommandResult login = await cluster.Ssh.RunWhenKnownAsync(NewSession, "hostname");
            Assert.True(login.Succeeded, login.ToString());
        }
        finally
        {
            await cluster.DeleteSessionAsync(NewSession);
        }
    }

    private Task<string> PublishedAsync() =>
        cluster.Nodes.KubectlAsync("-n", GatewayCluster.Gateway, "get", "configmap", Ca, "-o", @"jsonpath={.data.ca\.crt}");
}
