using System.Diagnostics;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Feed;
using SshGateway.Tests.Support.Harness;
using Xunit.Abstractions;

namespace SshGateway.Tests.EndToEnd.FeedFaults;

/// <summary>A proxy that is there, and takes nothing.</summary>
[Collection(OwnGatewayTests.Name)]
public sealed class FrozenProxyTests(SharedGateway shared, ITestOutputHelper output)
{
    private const int Sessions = 2000;

    private int _rounds;

    [RealSshFact]
    [Trait("Category", "Long")]
    public async Task A_stopped_proxy_loses_its_stream_and_nineteen_others_notice_nothing()
    {
        await using Gateway gateway = await Gateway.StartAsync(shared.Gateway.Keys, new GatewayOptions { ProxyArguments = [[]] });
        gateway.Manifests.Write("crowd", Crowd.Of(0, Sessions));
        FeedClientRun[] others = await Task.WhenAll(Enumerable.Range(0, 19).Select(_ => FeedClientRun.StartAsync(gateway.FeedPort, FeedKeys.Shared)));
        try
        {
            await Eventually.TrueAsync(() => others.All(p => p.Table.Count == Sessions), "all follow");
            var before = new List<double>();
            for (int i = 0; i < 10; i++)
            {
                before.Add(await ChangeAllAsync(gateway, others));
            }

            await gateway.Proxies[0].Daemon.PauseAsync();
            var beside = new List<double>();
            Stopwatch clock = Stopwatch.StartNew();
            while (!gateway.Operator().Output.Contains("accepted no data for 10 s", StringComparison.Ordinal))
            {
                Assert.True(clock.Elapsed < TimeSpan.FromMinutes(2), $"the stopped proxy keeps its stream\n{gateway.Logs}");
                beside.Add(await ChangeAllAsync(gateway, others));
            }

            output.WriteLine(
                $"Figure: {Sessions} changes at once at 19 proxies after {Median(before):f0} ms, and beside a stopped one after {Median(beside):f0} ms (medians of {before.Count} and {beside.Count})");
            Assert.True(Median(beside) < (Median(before) * 5) + 500, $"before: {string.Join(", ", before)}; beside: {string.Join(", ", beside)}");

            await gateway.Proxies[0].Daemon.ResumeAsync();
            await Eventually.TrueAsync(
                async () =>
                {
                    Scrape proxy = await Scrape.OfAsync(gateway.Proxies[0].Http);
                    Scrape ours = await Scrape.OfAsync(gateway.OperatorHttp);
                    return proxy["sshgateway_proxy_feed_in_step"] == 1
                        && proxy["sshgateway_proxy_feed_sequence"] == ours["sshgateway_operator_table_sequence"];
                },
                () => $"the proxy that goes on is not in step again\n{gateway.Logs}");
            Assert.All(others, p => Assert.DoesNotContain(p.Log.Lines, line => line.Id.Id == 2));
        }
        finally
        {
            await Task.WhenAll(others.Select(p => p.DisposeAsync().AsTask()));
        }
    }

    /// <returns>Milliseconds until all have it.</returns>
    private async Task<double> ChangeAllAsync(Gateway gateway, FeedClientRun[] proxies)
    {
        string user = $"user{_rounds++}";
        gateway.Manifests.Write("crowd", Crowd.Of(0, Sessions, user));
        long started = Stopwatch.GetTimestamp();
        string[] ends = [Crowd.Id(0), Crowd.Id(Sessions - 1)];
        await Eventually.TrueAsync(() => proxies.All(p => ends.All(id => p.Find(id)?.TargetUser == user)), "the change is everywhere");
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
