using System.Text.Json.Nodes;
using SshGateway.Tests.Support.Harness;
using static SshGateway.Tests.EndToEnd.OnKubernetes.ClusterGateway;

namespace SshGateway.Tests.EndToEnd.OnKubernetes;

/// <summary>One of two proxies is killed.</summary>
[Collection(KubernetesGroup.Name)]
public sealed class ProxyLossTests(ClusterGateway gateway) : IClassFixture<ClusterGateway>
{
    // A proxy whose stream ends counts on for 30 s, in case that it comes back; then status has its own delays.
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    [ClusterLoginFact]
    [Trait("Category", "Long")]
    public async Task The_connections_of_a_killed_proxy_leave_the_status_and_those_of_the_other_live_on()
    {
        PodSshd sshd = await gateway.StartSshdAsync("of-two-pod", "of-two");
        await gateway.CreateSessionAsync("of-two", sshd.Endpoint.Port);
        await gateway.CreateReadyPodAsync("of-two", "of-two", sshd);
        await gateway.ReachesAsync("of-two", "of-two-pod");
        await gateway.ClientOf(gateway.UserKey, 1).RunWhenKnownAsync("of-two", "true");
        await using LineDialog one = LineDialog.Start(gateway.ClientOf(gateway.UserKey, 0), "of-two", "cat");
        await using LineDialog other = LineDialog.Start(gateway.ClientOf(gateway.UserKey, 1), "of-two", "cat");
        Assert.Equal("before", await one.EchoAsync("before"));
        Assert.Equal("before", await other.EchoAsync("before"));
        await UntilConnectionsAsync(2);

        await gateway.Proxies[1].Daemon.KillAsync();

        Assert.Equal("after", await one.EchoAsync("after"));
        await gateway.ReachesAsync("of-two", "of-two-pod");
        await UntilConnectionsAsync(1);
        Assert.Equal("at last", await one.EchoAsync("at last"));
        await gateway.UntilStatusAsync("of-two", "Ready", "EndpointReady");
    }

    private Task UntilConnectionsAsync(int expected)
    {
        JsonNode? status = null;
        return Eventually.TrueAsync(
            async () => (status = (await gateway.Cluster.ReadSessionAsync(Space, "of-two"))["status"])?["connections"]?.GetValue<int>() == expected,
            Deadline,
            () => $"status.connections is not {expected}: {status}\n{gateway.Logs}");
    }
}
