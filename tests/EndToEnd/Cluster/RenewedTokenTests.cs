using System.Buffers.Text;
using System.Text.Json;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;
using Xunit.Abstractions;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>
/// kubelet renews a proxy's token of ten minutes, and the proxy shows the new one to the next operator. The test waits
/// for what is left of eight minutes since the cluster was started: see <see cref="ShortTokenProxy"/>. Classes run in
/// the reverse order of their names: several minutes of tests come before this one, and those that reboot nodes after
/// it.
/// </summary>
[Collection(ClusterGroup.Name)]
[Trait("Category", "Long")]
public sealed class RenewedTokenTests(GatewayCluster cluster, ITestOutputHelper output)
{
    private const string Token = "/var/run/secrets/ssh-gateway/token";

    // kubelet renews a token after four fifths of its life, with its next look at the pod.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(540);

    [ClusterFact]
    public async Task A_proxy_follows_another_operator_with_the_token_that_kubelet_renewed()
    {
        JsonElement proxy = Assert.Single(await cluster.PodsAsync(ShortTokenProxy.Selector));
        DateTimeOffset started = proxy.At("status.containerStatuses")[0].At("state.running.startedAt").GetDateTimeOffset();
        string before = GatewayPods.Describe([proxy]);
        await AssertLifetimeAsync(proxy);

        // kubelet writes a file anew with the token. One kubectl looks every second.
        string wait = $"until (($(date -r {Token} +%s) > {started.ToUnixTimeSeconds()})); do sleep 1; done";
        CommandResult renewed = await cluster.Nodes.TryKubectlAsync(Deadline, "-n", GatewayCluster.Gateway, "exec", proxy.Name(), "--", "bash", "-c", wait);
        Assert.True(renewed.Succeeded, renewed.ToString());
        DateTimeOffset issued = await AssertLifetimeAsync(proxy);
        Assert.True(issued > started, $"the token was issued at {issued:u}, before its container was started at {started:u}");
        output.WriteLine($"Figure: real cluster: kubelet renewed a token of 10 minutes {(issued - started).TotalSeconds:f0} s after the start of its container");

        await cluster.ReplaceOperatorsAsync([proxy]);
        Assert.Equal(before, GatewayPods.Describe(await cluster.PodsAsync(ShortTokenProxy.Selector)));
    }

    /// <returns>When the token was issued.</returns>
    private async Task<DateTimeOffset> AssertLifetimeAsync(JsonElement proxy)
    {
        string token = await cluster.RunInPodAsync(GatewayCluster.Gateway, proxy.Name(), $"cat {Token}");
        JsonElement claims = JsonSerializer.Deserialize<JsonElement>(Base64Url.DecodeFromChars(token.Split('.')[1]));
        long issued = claims.GetProperty("iat").GetInt64();
        Assert.Equal(ShortTokenProxy.Seconds, claims.GetProperty("exp").GetInt64() - issued);
        return DateTimeOffset.FromUnixTimeSeconds(issued);
    }
}
