using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Kubernetes.FaultProxy;

namespace SshGateway.Tests.EndToEnd.FeedFaults;

/// <summary>
/// A change that arrives as another one. TLS would notice; a fault of either program would not be TLS's to notice.
/// </summary>
[Collection(OwnGatewayTests.Name)]
public sealed class CorruptedFeedTests(SharedGateway shared)
{
    // Entry.target_user: tag, length, text.
    private static readonly byte[] Right = [0x4a, 4, .. "root"u8];
    private static readonly byte[] Wrong = [0x4a, 4, .. "toor"u8];

    [RealSshFact]
    public async Task A_delta_that_was_changed_on_its_way_is_noticed_by_the_hash_and_repaired_by_a_snapshot()
    {
        FaultyProxy? network = null;
        await using Gateway gateway = await Gateway.StartAsync(shared.Gateway.Keys, new GatewayOptions
        {
            ProxyArguments = [[]],
            IsFeedInsecure = true,
            FeedThrough = port => (network ??= new FaultyProxy(port)).Port,
        });
        await using FaultyProxy _ = network!;
        ProxyProcess proxy = gateway.Proxies[0];

        network!.ReplaceOnce(Right, Wrong);
        await using PodSshd pod = await gateway.AddPodAsync("damaged", shared.UserKey);
        await Eventually.TrueAsync(() => network.HasReplaced, "the delta is changed on its way");

        await proxy.Daemon.WaitForLineAsync("The table differs from the table of operator", TimeSpan.FromSeconds(30));
        SshClient client = SshClient.Create(proxy.Ssh, shared.UserKey, gateway.Keys.HostKeys);
        CommandResult? last = null;
        await Eventually.TrueAsync(
            async () => (last = await client.RunAsync("damaged", "echo $POD")).Text == "damaged\n",
            () => $"{last}\n{gateway.Logs}");
        Scrape metrics = await Scrape.OfAsync(proxy.Http);
        Assert.Equal(1, metrics["sshgateway_proxy_feed_lost_total{cause=\"Mismatch\"}"]);
        Assert.Equal(1, metrics["sshgateway_proxy_feed_syncs_total{cause=\"First\"}"]);
        Assert.Equal(1, metrics["sshgateway_proxy_feed_syncs_total{cause=\"HashMismatch\"}"]);
    }
}
