using System.Diagnostics;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Feed;
using SshGateway.Tests.Support.Harness;
using Xunit.Abstractions;

namespace SshGateway.Tests.EndToEnd.FeedFaults;

/// <summary>An operator's restart, as a hundred proxies see it.</summary>
[Collection(EndToEndTests.Name)]
public sealed class ManyProxiesTests(SharedGateway shared, ITestOutputHelper output)
{
    private const int Proxies = 100;
    private const int Sessions = 5000;

    [RealSshFact]
    [Trait("Category", "Long")]
    public async Task A_hundred_proxies_that_come_back_at_once_are_in_step_again_and_cost_the_operator_little_memory()
    {
        await using Gateway gateway = await Gateway.StartAsync(shared.Gateway.Keys, new GatewayOptions { ProxyArguments = [] });
        gateway.Manifests.Write("crowd", Crowd.Of(0, Sessions));
        await Eventually.TrueAsync(
            async () => (await Scrape.OfAsync(gateway.OperatorHttp))["sshgateway_operator_table_entries"] == Sessions, "the operator has read its sessions");
        FeedClientRun[] proxies = await Task.WhenAll(Enumerable.Range(0, Proxies).Select(_ => FeedClientRun.StartAsync(gateway.FeedPort, FeedKeys.Shared)));
        try
        {
            await Eventually.TrueAsync(() => proxies.All(p => p.Table.Count == Sessions), "all follow");

            int[] lost = [.. proxies.Select(p => p.Log.Count(2))];

            await gateway.KillOperatorAsync();
            gateway.Manifests.Write("one-more", Crowd.Of(Sessions, 1));
            await gateway.StartOperatorAsync();
            double alone = gateway.Operator().ResidentBytes();
            long started = Stopwatch.GetTimestamp();
            // Whoever asked early has the sessions without a snapshot: the hash told that nothing else has changed.
            await Eventually.TrueAsync(() => proxies.All(p => p.Table.Count == Sessions + 1), "all are in step again");
            double followed = gateway.Operator().ResidentBytes();

            output.WriteLine($"Figure: {Proxies} proxies with {Sessions + 1} sessions in step {Stopwatch.GetElapsedTime(started).TotalSeconds:f1} s after their operator was back; it grew from {alone / 1048576:f0} to {followed / 1048576:f0} MiB");
            Scrape metrics = await Scrape.OfAsync(gateway.OperatorHttp);
            Assert.Equal(Proxies, metrics["sshgateway_operator_feed_streams"]);
            // A table of its own for each proxy would be 60 MiB as bytes, and a multiple of that as objects.
            Assert.True(followed < (alone * 2) + (64 << 20), $"from {alone} to {followed} bytes");
            Assert.Equal(lost.Select(before => before + 1), proxies.Select(p => p.Log.Count(2)));
        }
        finally
        {
            await Task.WhenAll(proxies.Select(p => p.DisposeAsync().AsTask()));
        }
    }
}
