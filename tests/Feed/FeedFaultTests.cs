using System.Diagnostics;
using SshGateway.Shared.Grpc;
using SshGateway.Shared.Protos;
using SshGateway.Tests.Kubernetes.FaultProxy;
using SshGateway.Tests.Manifests;
using SshGateway.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace SshGateway.Tests.Feed;

/// <summary>A whole operator and many proxies, and what happens on the network between them.</summary>
public sealed class FeedFaultTests(ITestOutputHelper output) : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_connection_that_died_without_a_word_is_noticed_by_the_heartbeats_and_replaced()
    {
        var time = new ManualTimeProvider();
        _directory.Write("one.yaml", Samples.Session("one"));
        await using OperatorRun run = await OperatorRun.StartAsync(_directory.Path);
        await using var network = new FaultyProxy(run.FeedPort);
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(network.Port, run.Keys, time);
        await Eventually.TrueAsync(() => proxy.HasSynced, "the proxy follows");

        network.Freeze();
        _directory.WriteByRename("two.yaml", Samples.Session("two"));
        Assert.Null(proxy.Find("two"));
        await Eventually.CompletedAsync(Eventually.TrueAsync(() => proxy.Find("two") is not null, "another connection"), time, TimeSpan.FromSeconds(1));

        Assert.Contains("nothing came for 30 s", Assert.Single(proxy.Log.Lines, l => l.Id.Id == 2).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_operator_that_is_killed_in_the_middle_of_a_snapshot_takes_nothing_away()
    {
        const int count = 4000;
        _directory.Write("all.yaml", Sessions(count, "first"));
        OperatorRun first = await OperatorRun.StartAsync(_directory.Path);
        await using var network = new FaultyProxy(first.FeedPort);
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(network.Port, first.Keys);
        await Eventually.TrueAsync(() => proxy.HasSynced, "the proxy follows");

        // Another run of the operator has another epoch, and another table: a snapshot. It ends on the way.
        int port = first.FeedPort;
        await first.DisposeAsync();
        _directory.Write("all.yaml", Sessions(count, "second"));
        await using OperatorRun second = await OperatorRun.StartAsync(_directory.Path, port);
        bool isCut = false;
        while (!isCut)
        {
            network.CutAfter(150_000);
            int changed = Enumerable.Range(0, count).Count(i => proxy.Find($"s{i}")?.TargetUser == "second");
            isCut = changed is > 0 and < count;
            Assert.Equal(count, proxy.Table.Count);
            Assert.False(changed == count, "the snapshot came whole, and nothing was shown");
            await Task.Delay(1);
        }
        await Eventually.TrueAsync(() => Enumerable.Range(0, count).All(i => proxy.Find($"s{i}")?.TargetUser == "second"), "the next snapshot is complete");
        Assert.Equal(count, proxy.Table.Count);
    }

    [Fact]
    public async Task A_hundred_proxies_that_come_back_at_once_are_in_step_again_soon()
    {
        _directory.Write("all.yaml", Sessions(1000, "claude"));
        OperatorRun first = await OperatorRun.StartAsync(_directory.Path);
        int port = first.FeedPort;
        FeedClientRun[] proxies = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => FeedClientRun.StartAsync(first)));
        try
        {
            await Eventually.TrueAsync(() => proxies.All(p => p.HasSynced), "all follow");
            await first.DisposeAsync();
            _directory.WriteByRename("new.yaml", Samples.Session("new"));

            long started = Stopwatch.GetTimestamp();
            await using OperatorRun second = await OperatorRun.StartAsync(_directory.Path, port);
            await Eventually.TrueAsync(() => proxies.All(p => p.Find("new") is not null), "all follow again");

            output.WriteLine($"100 proxies × 1,001 sessions in step again after {Stopwatch.GetElapsedTime(started).TotalSeconds:f1} s");
            Assert.All(proxies, p => Assert.Equal(1001, p.Table.Count));
        }
        finally
        {
            await Task.WhenAll(proxies.Select(p => p.DisposeAsync().AsTask()));
        }
    }

    [Fact]
    public async Task A_proxy_that_takes_nothing_does_not_slow_the_others()
    {
        _directory.Write("all.yaml", Sessions(2000, "claude"));
        await using OperatorRun run = await OperatorRun.StartAsync(_directory.Path);
        FeedClientRun[] proxies = await Task.WhenAll(Enumerable.Range(0, 19).Select(_ => FeedClientRun.StartAsync(run)));
        try
        {
            await Eventually.TrueAsync(() => proxies.All(p => p.HasSynced), "all follow");
            using var client = new GrpcClient(new Uri($"https://127.0.0.1:{run.FeedPort}"), run.Keys.Credentials(run.Keys.Token()));
            using GrpcClientCall<ProxyMessage, FeedMessage> frozen = client.Open(EndpointFeedMethods.Watch);
            await frozen.WriteAsync(new ProxyMessage { Hello = new Hello { ProxyId = "frozen" } }, CancellationToken.None);
            // It reads nothing any more, and everything changes again and again.
            var times = new List<TimeSpan>();
            for (int round = 0; round < 20; round++)
            {
                string user = $"user{round}";
                _directory.WriteByRename("all.yaml", Sessions(2000, user));
                long started = Stopwatch.GetTimestamp();
                await Eventually.TrueAsync(() => proxies.All(p => p.Find("s1999")?.TargetUser == user && p.Find("s0")?.TargetUser == user), "the change is everywhere");
                times.Add(Stopwatch.GetElapsedTime(started));
            }

            output.WriteLine($"2,000 changes to 19 proxies beside a frozen one: {string.Join(", ", times.Select(t => $"{t.TotalMilliseconds:f0}"))} ms");
            Assert.True(times[^1] < times[0] * 3 + TimeSpan.FromSeconds(1), "the frozen proxy slows the others");
        }
        finally
        {
            await Task.WhenAll(proxies.Select(p => p.DisposeAsync().AsTask()));
        }
    }

    private static string Sessions(int count, string user) => string.Concat(Enumerable.Range(0, count).Select(
        i => Samples.Session($"s{i}").Replace("    port:", $"    targetUser: {user}\n    port:", StringComparison.Ordinal) + "---\n"));
}
