using System.Diagnostics;
using System.Text.Json;
using SshGateway.Tests.Support.Deploy;
using Xunit.Abstractions;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>
/// The operator that writes status goes without a word, and the other one writes on. Logins notice nothing.
/// </summary>
[Collection(ClusterGroup.Name)]
[Trait("Category", "Long")]
public sealed class LeaderTests(GatewayCluster cluster, ITestOutputHelper output)
{
    [ClusterFact]
    public async Task Status_goes_on_after_the_leaders_pod_was_deleted_by_force()
    {
        string leader = await LeaderAsync();
        await LoseLeaderAsync("force-deleted", leader, () => cluster.DeletePodAsync(leader, "--force", "--grace-period=0"));
        await cluster.WaitUntilWholeAsync();
    }

    [ClusterFact]
    public async Task Status_goes_on_after_the_leaders_node_lost_its_power()
    {
        string leader = await LeadOnSecondAsync();
        JsonElement[] pods = [await cluster.PodOnAsync(ClusterNodes.Second, GatewayCluster.Proxies), await cluster.PodOnAsync(ClusterNodes.Second, GatewayCluster.Operators)];
        try
        {
            await LoseLeaderAsync("node-without-power", leader, () => cluster.Nodes.CutPowerAsync(ClusterNodes.Second));
        }
        finally
        {
            await cluster.Nodes.StartNodeAsync(ClusterNodes.Second);
            await cluster.WaitForRestartAsync(pods);
            await cluster.WaitUntilWholeAsync();
        }
    }

    /// <summary>
    /// Loses the leader under logins to the first node's session; a session that is new says when status is written
    /// again.
    /// </summary>
    private async Task LoseLeaderAsync(string how, string leader, Func<Task> lose)
    {
        string session = $"leader-{how}";
        try
        {
            Stopwatch clock = new();
            string here = GatewayCluster.SessionOn(ClusterNodes.First);
            string figure = await LoginLoop.WhileAsync(cluster, [(cluster.Ssh, here), (cluster.Ssh, here)], async () =>
            {
                await lose();
                clock.Start();
                await cluster.CreateSessionAsync(session, ClusterNodes.First);
                await cluster.WaitForSessionAsync(session);
                clock.Stop();
            });
            Assert.NotEqual(leader, await LeaderAsync());
            output.WriteLine($"Figure: real cluster: leader {how}: a session that was new then is Ready after {clock.Elapsed.TotalSeconds:f0} s; {figure}");
        }
        finally
        {
            await cluster.DeleteSessionAsync(session);
        }
    }

    private async Task<string> LeaderAsync()
    {
        string leader = "";
        await Eventually.TrueAsync(async () => (leader = await cluster.LeaderAsync()).Length > 0, "nobody leads");
        return leader;
    }

    /// <summary>
    /// A leader that ends as usual gives the lease back, and the other takes it before a new one has started.
    /// </summary>
    private async Task<string> LeadOnSecondAsync()
    {
        string wanted = (await cluster.PodOnAsync(ClusterNodes.Second, GatewayCluster.Operators)).Name();
        await Eventually.TrueAsync(
            async () =>
            {
                string leader = await LeaderAsync();
                if (leader == wanted)
                {
                    return true;
                }
                await cluster.DeletePodAsync(leader);
                await cluster.WaitForRolloutAsync();
                return false;
            },
            TimeSpan.FromMinutes(2),
            () => $"{wanted} does not lead");
        return wanted;
    }
}
