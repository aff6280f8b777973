using System.Text.Json;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>What the gateway's pods are up to, and waiting until all is as the fixture made it.</summary>
internal static class GatewayState
{
    public static string Uid(this JsonElement item) => item.At("metadata.uid").GetString()!;

    /// <summary>Empty while it has none.</summary>
    public static string NodeOf(this JsonElement pod) => pod.GetProperty("spec").TryGetProperty("nodeName", out JsonElement node) ? node.GetString()! : "";

    private static int RestartsOf(this JsonElement pod) => pod.At("status.containerStatuses")[0].GetProperty("restartCount").GetInt32();

    /// <summary>The id that containerd knows its first container by.</summary>
    public static string ContainerOf(this JsonElement pod) => pod.At("status.containerStatuses")[0].GetProperty("containerID").GetString()!.Replace("containerd://", "", StringComparison.Ordinal);

    public static bool IsTerminating(this JsonElement item) => item.GetProperty("metadata").TryGetProperty("deletionTimestamp", out _);

    private static bool IsReady(this JsonElement item) => item.GetProperty("status").TryGetProperty("conditions", out JsonElement conditions)
        && conditions.EnumerateArray().Any(condition => condition.GetProperty("type").GetString() == "Ready" && condition.GetProperty("status").GetString() == "True");

    /// <summary>
    /// The pods with a label that are not about to end: a proxy that was replaced stays for its open sessions.
    /// </summary>
    public static async Task<IReadOnlyList<JsonElement>> PodsAsync(this GatewayCluster cluster, string selector) =>
        [.. (await cluster.ListAsync("pods", GatewayCluster.Gateway, selector)).Where(pod => !pod.IsTerminating())];

    /// <summary>The one pod with a label on a node.</summary>
    public static async Task<JsonElement> PodOnAsync(this GatewayCluster cluster, string node, string selector) =>
        (await cluster.PodsAsync(selector)).Single(pod => pod.NodeOf() == node);

    /// <summary>The name of the operator's pod that holds the Lease; empty when nobody does.</summary>
    public static async Task<string> LeaderAsync(this GatewayCluster cluster) =>
        (await cluster.GetAsync("lease", "ssh-gateway-operator", GatewayCluster.Gateway)).GetProperty("spec").TryGetProperty("holderIdentity", out JsonElement holder) ? holder.GetString()?.Split('_')[0] ?? "" : "";

    /// <summary>Alice through the Service's port of a node, where no load balancer stands in between.</summary>
    public static async Task<SshClient> ConnectToNodeAsync(this GatewayCluster cluster, string node)
    {
        JsonElement service = await cluster.GetAsync("service", "ssh-gateway", GatewayCluster.Gateway);
        return await cluster.ConnectToAsync(ClusterNodes.AddressOf(node), service.At("spec.ports")[0].GetProperty("nodePort").GetInt32());
    }

    public static Task DeletePodAsync(this GatewayCluster cluster, string pod, params string[] options) =>
        cluster.Nodes.KubectlAsync(["-n", GatewayCluster.Gateway, "delete", "pod", pod, .. options]);

    /// <summary>
    /// Waits until pods have started their container anew and are ready. They are the same pods still.
    /// </summary>
    public static async Task WaitForRestartAsync(this GatewayCluster cluster, params JsonElement[] before)
    {
        foreach (JsonElement pod in before)
        {
            await Eventually.TrueAsync(
                async () =>
                {
                    JsonElement now = await cluster.GetAsync("pod", pod.Name(), pod.At("metadata.namespace").GetString()!);
                    Assert.Equal(pod.Uid(), now.Uid());
                    return now.RestartsOf() > pod.RestartsOf() && now.IsReady();
                },
                TimeSpan.FromMinutes(2),
                () => $"{pod.Name()} has not started anew");
        }
    }

    /// <summary>
    /// Where the Service's clients should get to, and what the first node, which has the balancer's address, does with
    /// them.
    /// </summary>
    public static async Task<string> DescribeServiceAsync(this GatewayCluster cluster)
    {
        CommandResult objects = await cluster.Nodes.TryKubectlAsync("-n", GatewayCluster.Gateway, "get", "pods,endpoints,service", "-o", "wide");
        CommandResult rules = await cluster.Nodes.RunOnNodeAsync(ClusterNodes.First, "iptables-save -t nat | grep ssh-gateway/ssh-gateway");
        string log = Path.Combine(cluster.Nodes.Directory, ClusterNodes.First, "logs", "kube-proxy");
        return $"{objects}\n{rules}\nkube-proxy:\n{string.Join('\n', File.ReadLines(log).TakeLast(20))}";
    }

    /// <summary>Waits until both deployments have all their pods, and those are ready.</summary>
    public static async Task WaitForRolloutAsync(this GatewayCluster cluster)
    {
        foreach (string deployment in (string[])["ssh-gateway-proxy", "ssh-gateway-operator"])
        {
            await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Gateway, "rollout", "status", $"deployment/{deployment}", "--timeout=150s");
        }
    }

    /// <summary>
    /// Waits until a proxy and an operator are ready on each node, and both sessions are ready. Pods that are about to
    /// end may still be there. A rollout may leave two on one node: matchLabelKeys came with Kubernetes 1.25, and
    /// without it the old pods count as well. Then one is deleted, as deploy/README.md says.
    /// </summary>
    public static async Task WaitUntilWholeAsync(this GatewayCluster cluster)
    {
        await cluster.WaitForRolloutAsync();
        string state = "";
        await Eventually.TrueAsync(
            async () =>
            {
                IReadOnlyList<JsonElement> pods = await cluster.PodsAsync("app.kubernetes.io/name in (ssh-gateway-proxy,ssh-gateway-operator)");
                state = string.Join('\n', pods.Select(pod => $"{pod.Name()} on {pod.NodeOf()} ready {pod.IsReady()}"));
                if (pods.Count != 4 || pods.Any(pod => !pod.IsReady()))
                {
                    return false;
                }
                IGrouping<(string Node, string? Program), JsonElement>? crowd = pods
                    .GroupBy(pod => (pod.NodeOf(), pod.At("metadata.labels").GetProperty("app.kubernetes.io/name").GetString()))
                    .FirstOrDefault(group => group.Count() > 1);
                if (crowd is not null)
                {
                    await cluster.DeletePodAsync(crowd.First().Name(), "--wait=false");
                }
                return crowd is null;
            },
            TimeSpan.FromMinutes(2),
            () => $"the gateway is not whole:\n{state}");
        await cluster.WaitForSessionAsync(GatewayCluster.SessionOn(ClusterNodes.First));
        await cluster.WaitForSessionAsync(GatewayCluster.SessionOn(ClusterNodes.Second));
    }
}
