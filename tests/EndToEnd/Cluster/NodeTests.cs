using System.Diagnostics;
using System.Text.Json;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;
using Xunit.Abstractions;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>What becomes of the gateway when a node goes. It is the second: the first has the API server.</summary>
[Collection(ClusterGroup.Name)]
[Trait("Category", "Long")]
public sealed class NodeTests(GatewayCluster cluster, ITestOutputHelper output)
{
    private static readonly string Here = GatewayCluster.SessionOn(ClusterNodes.First);
    private static readonly string There = GatewayCluster.SessionOn(ClusterNodes.Second);

    [ClusterFact]
    public async Task A_rebooted_nodes_pods_are_the_same_and_take_logins_by_themselves()
    {
        JsonElement[] pods =
        [
            await cluster.PodOnAsync(ClusterNodes.Second, GatewayCluster.Proxies),
            await cluster.PodOnAsync(ClusterNodes.Second, GatewayCluster.Operators),
            await cluster.GetAsync("pod", $"claude-{There}", GatewayCluster.Sessions),
        ];
        await cluster.Nodes.CutPowerAsync(ClusterNodes.Second);
        Stopwatch clock = Stopwatch.StartNew();
        await cluster.Nodes.StartNodeAsync(ClusterNodes.Second);

        // A host key that did not outlive the reboot, in a volume in memory for instance, is refused for ever.
        await LogInEventuallyAsync(cluster.Ssh, There);
        output.WriteLine($"Figure: real cluster: a session on a rebooted node takes logins {clock.Elapsed.TotalSeconds:f0} s after the power cut");
        await LogInEventuallyAsync(await cluster.ConnectToNodeAsync(ClusterNodes.Second), Here);
        await cluster.WaitForRestartAsync(pods);
        output.WriteLine($"Figure: real cluster: the rebooted node's proxy and operator are ready after {clock.Elapsed.TotalSeconds:f0} s");
        await cluster.WaitUntilWholeAsync();
    }

    [ClusterFact]
    public async Task Sessions_of_a_node_that_is_cut_off_say_so_and_those_of_others_go_on()
    {
        await cluster.Nodes.SetCableAsync(ClusterNodes.Second, false);
        try
        {
            Stopwatch clock = Stopwatch.StartNew();
            string figure = await LoginLoop.WhileAsync(cluster, [(cluster.Ssh, Here), (cluster.Ssh, Here)], async () =>
            {
                // The node's grace period is 20 s here, and the leader may have been there: 15 s more.
                await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Sessions, "wait", "--for=condition=Ready=false", $"claudesession/{There}", "--timeout=60s");
                output.WriteLine($"Figure: real cluster: the status of a session on a node that is cut off says NotReady after {clock.Elapsed.TotalSeconds:f0} s");
            });
            output.WriteLine($"Figure: real cluster: a node cut off: {figure}");
            JsonElement session = await cluster.GetAsync("claudesession", There, GatewayCluster.Sessions);
            Assert.Equal("NotReady", session.At("status.phase").GetString());
            JsonElement ready = session.At("status.conditions").EnumerateArray().Single(condition => condition.GetProperty("type").GetString() == "Ready");
            Assert.Equal("PodNotReady", ready.GetProperty("reason").GetString());

            // A proxy that followed the operator over there hears of it when it gives that one up, after 30 s of
            // silence. Until then a login reads that the pod cannot be reached. Now it waits for the pod, and is told
            // what for.
            await using Daemon waiting = await LogInUntilAsync("is not ready", otherwise: "cannot be reached");
            output.WriteLine($"Figure: real cluster: a login to it says so after {clock.Elapsed.TotalSeconds:f0} s");
            await cluster.Nodes.SetCableAsync(ClusterNodes.Second, true);
            await waiting.WaitForLineAsync($"claude-{There}", TimeSpan.FromMinutes(1));
            output.WriteLine($"ssh wrote, before and after the node came back:\n{waiting.Output}");
        }
        finally
        {
            await cluster.Nodes.SetCableAsync(ClusterNodes.Second, true);
            await cluster.WaitUntilWholeAsync();
        }
        await LogInEventuallyAsync(await cluster.ConnectToNodeAsync(ClusterNodes.Second), There);
    }

    [ClusterFact]
    public async Task A_node_without_a_proxy_drops_what_comes_to_its_port_and_its_health_check_says_so()
    {
        JsonElement service = await cluster.GetAsync("service", "ssh-gateway", GatewayCluster.Gateway);
        int health = service.At("spec.healthCheckNodePort").GetInt32();
        await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Gateway, "scale", "deployment/ssh-gateway-proxy", "--replicas=1");
        try
        {
            string with = "";
            await Eventually.TrueAsync(
                async () =>
                {
                    IReadOnlyList<JsonElement> left = await cluster.PodsAsync(GatewayCluster.Proxies);
                    with = left[0].NodeOf();
                    return left.Count == 1;
                },
                "two proxies stay");
            string without = with == ClusterNodes.First ? ClusterNodes.Second : ClusterNodes.First;
            await Eventually.TrueAsync(async () => await HealthOfAsync(without) == "503", () => $"{without} is healthy");

            Assert.Equal("200", await HealthOfAsync(with));
            await LogInEventuallyAsync(await cluster.ConnectToNodeAsync(with), There);
            CommandResult dropped = await (await cluster.ConnectToNodeAsync(without)).With("ConnectTimeout=3").RunAsync(There, "hostname");
            Assert.Contains("Connection timed out", dropped.ErrorText, StringComparison.Ordinal);
        }
        finally
        {
            await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Gateway, "scale", "deployment/ssh-gateway-proxy", "--replicas=2");
            await cluster.WaitUntilWholeAsync();
        }

        async Task<string> HealthOfAsync(string node) =>
            (await cluster.Nodes.RunOnClientAsync("curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}", $"http://{ClusterNodes.AddressOf(node)}:{health}/"])).Text;
    }

    /// <summary>Starts ssh until one writes this text. Those before it have to end with the other one.</summary>
    private async Task<Daemon> LogInUntilAsync(string text, string otherwise)
    {
        Daemon? ssh = null;
        await Eventually.TrueAsync(
            async () =>
            {
                Daemon one = cluster.Ssh.Start(There, [], "hostname");
                await Eventually.TrueAsync(() => one.HasExited || one.Output.Contains(text, StringComparison.Ordinal), "ssh says nothing");
                if (one.Output.Contains(text, StringComparison.Ordinal))
                {
                    ssh = one;
                    return true;
                }
                await one.WaitForLineAsync(otherwise);
                await one.DisposeAsync();
                return false;
            },
            $"no login says {text}");
        return ssh!;
    }

    private static async Task LogInEventuallyAsync(SshClient client, string session)
    {
        CommandResult? login = null;
        await Eventually.TrueAsync(
            async () => (login = await client.RunAsync(session, "hostname", deadline: TimeSpan.FromSeconds(70))).Succeeded, TimeSpan.FromMinutes(2), () => $"{login}");
        Assert.Equal($"claude-{session}\n", login!.Text);
    }
}
