using System.Text.Json;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;
using Xunit.Abstractions;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>
/// kubectl drain with the disruption budgets of deploy/base, under policy/v1beta1: this Kubernetes has no policy/v1, so
/// its overlay leaves them out. Only the gateway's pods are drained: a session's pod is a bare one, and TARS's to move.
/// </summary>
[Collection(ClusterGroup.Name)]
[Trait("Category", "Long")]
public sealed class DrainTests(GatewayCluster cluster, ITestOutputHelper output)
{
    private const string Everything = "app.kubernetes.io/component in (proxy, operator)";

    [ClusterFact]
    public async Task No_login_fails_while_the_node_of_all_proxies_and_operators_is_drained()
    {
        await cluster.Nodes.ApplyAsync((await File.ReadAllTextAsync(Repository.File("deploy/base/disruption-budgets.yaml"))).Replace("policy/v1", "policy/v1beta1", StringComparison.Ordinal));
        try
        {
            await MoveToAsync(ClusterNodes.Second);
            SshClient anyProxy = await ConnectToAnyProxyAsync();

            string figure = await LoginLoop.WhileAsync(cluster, [(anyProxy, GatewayCluster.SessionOn(ClusterNodes.First)), (anyProxy, GatewayCluster.SessionOn(ClusterNodes.First))], async () =>
            {
                CommandResult drain = await cluster.Nodes.TryKubectlAsync(
                    "drain", ClusterNodes.Second, "--ignore-daemonsets", "--delete-emptydir-data", $"--pod-selector={Everything}", "--timeout=150s");
                Assert.True(drain.Succeeded, drain.ToString());
                // One at a time: the budget has refused the second.
                Assert.Contains("Cannot evict pod as it would violate the pod's disruption budget", drain.ErrorText, StringComparison.Ordinal);
            });
            output.WriteLine($"Figure: real cluster: drain of the node with all proxies and operators: {figure}");
            Assert.DoesNotContain(await cluster.PodsAsync(Everything), pod => pod.NodeOf() == ClusterNodes.Second);
        }
        finally
        {
            await cluster.Nodes.KubectlAsync("uncordon", ClusterNodes.First, ClusterNodes.Second);
            // Nothing moves a pod that runs: this deletes one of two, as deploy/README.md says.
            await cluster.WaitUntilWholeAsync();
            await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Gateway, "delete", "poddisruptionbudgets.v1beta1.policy", "--all");
        }
    }

    /// <summary>Both proxies and both operators on one node.</summary>
    private async Task MoveToAsync(string node)
    {
        string other = node == ClusterNodes.First ? ClusterNodes.Second : ClusterNodes.First;
        await cluster.Nodes.KubectlAsync("cordon", other);
        foreach (JsonElement pod in (await cluster.PodsAsync(Everything)).Where(pod => pod.NodeOf() == other))
        {
            await cluster.DeletePodAsync(pod.Name());
        }
        await cluster.WaitForRolloutAsync();
        await cluster.Nodes.KubectlAsync("uncordon", other);
    }

    /// <summary>
    /// By the Service's cluster address, which leads to all ready proxies wherever they are; its route is by the first
    /// node.
    /// </summary>
    private async Task<SshClient> ConnectToAnyProxyAsync()
    {
        string address = (await cluster.GetAsync("service", "ssh-gateway", GatewayCluster.Gateway)).At("spec.clusterIP").GetString()!;
        await cluster.Nodes.RunOnClientAsync("ip", ["route", "replace", address, "via", ClusterNodes.AddressOf(ClusterNodes.First)]);
        return await cluster.ConnectToAsync(address, GatewayCluster.Port);
    }
}
