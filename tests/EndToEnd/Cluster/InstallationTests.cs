using System.Text.Json;
using SshGateway.Tests.Support.Deploy;
using Xunit.Abstractions;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>What deploy/ makes of an empty cluster.</summary>
[Collection(ClusterGroup.Name)]
[Trait("Category", "Long")]
public sealed class InstallationTests(GatewayCluster cluster, ITestOutputHelper output)
{
    [ClusterFact]
    public async Task From_nothing_to_the_first_login()
    {
        // The fixture has done it. Each figure is since the first kubectl apply.
        foreach ((string what, TimeSpan at) in cluster.Figures)
        {
            output.WriteLine($"Figure: real cluster: {what} {at.TotalSeconds:f1} s after kubectl apply began");
        }

        Assert.Equal(2, (await cluster.PodsAsync(GatewayCluster.Proxies)).Count);
        Assert.Equal(2, (await cluster.PodsAsync(GatewayCluster.Operators)).Count);
        Assert.Equal(3, (await cluster.HostKeysAsync()).Count);
    }

    [ClusterFact]
    public async Task The_proxies_are_spread_over_the_nodes()
    {
        // No node has a zone label: a constraint on zones would switch the one on nodes off as well.
        JsonElement[] nodes = [.. await cluster.ListAsync("nodes", "default")];
        Assert.DoesNotContain(nodes, node => node.At("metadata.labels").TryGetProperty("topology.kubernetes.io/zone", out _));
        await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Gateway, "scale", "deployment/ssh-gateway-proxy", "--replicas=4");
        try
        {
            await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Gateway, "rollout", "status", "deployment/ssh-gateway-proxy", "--timeout=120s");
            IReadOnlyList<JsonElement> pods = await cluster.PodsAsync(GatewayCluster.Proxies);

            Assert.Equal([2, 2], pods.GroupBy(pod => pod.At("spec.nodeName").GetString()).Select(group => group.Count()));
        }
        finally
        {
            await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Gateway, "scale", "deployment/ssh-gateway-proxy", "--replicas=2");
            await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Gateway, "rollout", "status", "deployment/ssh-gateway-proxy", "--timeout=120s");
        }
    }

    [ClusterFact]
    public async Task The_containers_are_confined_and_show_it()
    {
        foreach (string program in (string[])["operator", "proxy"])
        {
            JsonElement pod = (await cluster.PodsAsync($"app.kubernetes.io/name=ssh-gateway-{program}"))[0];
            // The image has a shell because the stand-in for its base has one.
            string seen = await cluster.Nodes.KubectlAsync(
                "-n", GatewayCluster.Gateway, "exec", pod.Name(), "--", "sh", "-c",
                "id -u; grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/1/status | tr -s '[:space:]' ' '; touch /app/x /tmp/x 2>&1; ls /var/run/secrets/kubernetes.io 2>&1; true");

            Assert.StartsWith("1654\n", seen, StringComparison.Ordinal);
            Assert.Contains("CapBnd: 0000000000000000", seen, StringComparison.Ordinal);
            Assert.Contains("CapEff: 0000000000000000", seen, StringComparison.Ordinal);
            Assert.Contains("NoNewPrivs: 1", seen, StringComparison.Ordinal);
            Assert.Contains("Seccomp: 2", seen, StringComparison.Ordinal);
            Assert.Equal(2, seen.Split("Read-only file system").Length - 1);
            // The operator has a token for the API server, a proxy has none.
            Assert.Equal(program == "proxy", seen.Contains("No such file or directory", StringComparison.Ordinal));
        }
    }
}
