using System.Text.Json;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>
/// The gateway's pods, and what is asked of them from inside. Their images have bash, because the stand-ins for their
/// bases do.
/// </summary>
internal static class GatewayPods
{
    // Every way in which a table is brought into step, together.
    private const string Syncs = "sshgateway_proxy_feed_syncs_total";

    /// <summary>Which pods they are, and how often they were restarted.</summary>
    public static string Describe(IEnumerable<JsonElement> pods) => string.Join(
        '\n', pods.Select(pod => $"{pod.Name()} {pod.At("metadata.uid")} {pod.At("status.containerStatuses")[0].GetProperty("restartCount")}").Order(StringComparer.Ordinal));

    /// <returns>What a script that bash runs in the pod wrote to its standard output.</returns>
    public static Task<string> RunInPodAsync(this GatewayCluster cluster, string inNamespace, string pod, string script) =>
        cluster.Nodes.KubectlAsync("-n", inNamespace, "exec", pod, "--", "bash", "-c", script);

    /// <summary>
    /// Replaces all operators, one by one, and waits until each of the proxies follows one of the new ones.
    /// </summary>
    public static async Task ReplaceOperatorsAsync(this GatewayCluster cluster, IReadOnlyList<JsonElement> proxies)
    {
        Scrape[] before = await Task.WhenAll(proxies.Select(ScrapeAsync));
        HashSet<string> old = [.. (await cluster.PodsAsync(GatewayCluster.Operators)).Select(Manifest.Name)];
        await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Gateway, "rollout", "restart", "deployment/ssh-gateway-operator");
        await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Gateway, "rollout", "status", "deployment/ssh-gateway-operator", "--timeout=120s");
        // The objects of pods that have ended stay for a minute.
        await Eventually.TrueAsync(
            async () => !(await cluster.ListAsync("pods", GatewayCluster.Gateway, GatewayCluster.Operators))
                .Any(pod => old.Contains(pod.Name()) && pod.At("status.containerStatuses")[0].GetProperty("state").TryGetProperty("running", out _)),
            "the old operators do not end");
        foreach ((JsonElement proxy, Scrape earlier) in proxies.Zip(before))
        {
            await Eventually.TrueAsync(
                async () =>
                {
                    Scrape now = await ScrapeAsync(proxy);
                    return now["sshgateway_proxy_feed_in_step"] == 1 && now.Sum(Syncs) > earlier.Sum(Syncs);
                },
                $"{proxy.Name()} does not follow the new operators");
        }

        async Task<Scrape> ScrapeAsync(JsonElement proxy) => new(await cluster.RunInPodAsync(
            GatewayCluster.Gateway, proxy.Name(), @"exec 3<>/dev/tcp/127.0.0.1/8080; printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3; cat <&3"));
    }
}
