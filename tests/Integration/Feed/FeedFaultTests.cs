using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Feed;
using SshGateway.Tests.Support.Kubernetes.FaultProxy;
using SshGateway.Tests.Support.Yaml;
using Xunit;

namespace SshGateway.Tests.Integration.Feed;

/// <summary>A whole operator and a proxy's feed client, and what happens on the network between them.</summary>
public sealed class FeedFaultTests : IDisposable
{
    // A ping after 20 s, and 10 s for its answer.
    private static readonly TimeSpan PingLimit = TimeSpan.FromMinutes(2);

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
    [Trait("Category", "Long")]
    public async Task Pings_tell_both_ends_of_a_connection_that_died_without_a_word()
    {
        await using OperatorRun run = await OperatorRun.StartAsync(_directory.Path);
        await using var network = new FaultyProxy(run.FeedPort);
        // Its clock stands still, so it will not notice that heartbeats are missing.
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(network.Port, run.Keys, new ManualTimeProvider());
        await Eventually.TrueAsync(() => proxy.HasSynced, "the proxy follows");

        network.Freeze();

        await Eventually.TrueAsync(() => proxy.Log.Count(2) == 1, PingLimit, () => "the proxy believes in its stream");
        await Eventually.TrueAsync(() => network.Connections == 0, PingLimit, () => "the operator believes in its stream");
    }

    [Fact]
    public async Task Connections_that_break_in_the_middle_of_snapshots_take_nothing_away()
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

    private static string Sessions(int count, string user) => string.Concat(Enumerable.Range(0, count).Select(
        i => Samples.Session($"s{i}").Replace("    port:", $"    targetUser: {user}\n    port:", StringComparison.Ordinal) + "---\n"));
}
