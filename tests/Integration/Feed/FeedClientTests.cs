using SshGateway.Feed;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Feed;
using Xunit;
using static SshGateway.Tests.Integration.Feed.ScriptedOperator;

namespace SshGateway.Tests.Integration.Feed;

/// <summary>What a proxy says to an operator, and does with what it hears.</summary>
public sealed class FeedClientTests : IAsyncLifetime
{
    private ScriptedOperator _operator = null!;

    public async Task InitializeAsync() => _operator = await StartAsync();

    public async Task DisposeAsync() => await _operator.DisposeAsync();

    [Fact]
    public async Task It_says_who_it_is_and_what_it_has_applied()
    {
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(_operator.Port);
        ScriptedStream stream = await _operator.NextStreamAsync();

        Hello hello = (await stream.ReadAsync()).Hello;
        Assert.Equal("proxy-a", hello.ProxyId);
        Assert.NotEqual("", hello.Version);

        await stream.SendAsync(Sync(7, Entry("a")));
        Assert.Equal(7UL, (await stream.ReadAsync()).Applied.Sequence);
        await stream.SendAsync(new FeedMessage { Delta = new Delta { Sequence = 8, Upserts = { Entry("b") } } });
        Assert.Equal(8UL, (await stream.ReadAsync()).Applied.Sequence);
    }

    [Fact]
    public async Task A_snapshot_takes_nothing_away_before_it_is_complete()
    {
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(_operator.Port);
        ScriptedStream first = await _operator.NextStreamAsync();
        await first.SendAsync(Sync(1, Entry("a"), Entry("b")));
        await Eventually.TrueAsync(() => proxy.HasSynced, "the first snapshot is complete");
        first.End();

        ScriptedStream second = await _operator.NextStreamAsync();
        await second.SendAsync(Snapshot(Entry("c")));
        await Eventually.TrueAsync(() => proxy.Find("c") is not null, "entries are used as they come");
        Assert.Equal(3, proxy.Table.Count);
        await second.SendAsync(Complete(1, Entry("c")));
        await Eventually.TrueAsync(() => proxy.Table.Count == 1, "what the snapshot did not name is swept");
        Assert.NotNull(proxy.Find("c"));
    }

    [Fact]
    public async Task A_snapshot_that_lost_entries_sweeps_nothing()
    {
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(_operator.Port);
        ScriptedStream first = await _operator.NextStreamAsync();
        await first.SendAsync(Sync(1, Entry("a"), Entry("b")));
        first.End();

        ScriptedStream second = await _operator.NextStreamAsync();
        await second.SendAsync(Snapshot(Entry("a")), Complete(1, Entry("a"), Entry("b")));

        await _operator.NextStreamAsync();
        Assert.Equal(2, proxy.Table.Count);
    }

    [Fact]
    public async Task A_removal_applies_only_to_the_pod_that_it_names()
    {
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(_operator.Port);
        ScriptedStream stream = await _operator.NextStreamAsync();
        await stream.SendAsync(Sync(1, Entry("a", "new"), Entry("b", "new"), Entry("c", "")));
        await Eventually.TrueAsync(() => proxy.HasSynced, "the snapshot is complete");

        await stream.SendAsync(new FeedMessage
        {
            Delta = new Delta
            {
                Sequence = 2,
                Removals =
                {
                    new Removal { SessionId = "a", PodUid = "old" },
                    new Removal { SessionId = "b", PodUid = "new" },
                    new Removal { SessionId = "c", PodUid = "" },
                    new Removal { SessionId = "unknown", PodUid = "x" },
                },
            },
        });

        await Eventually.TrueAsync(() => proxy.Find("b") is null && proxy.Find("c") is null, "the removals are applied");
        Assert.NotNull(proxy.Find("a"));
    }

    [Theory]
    [InlineData("""{"delta": {"sequence": "1"}}""", false)]
    [InlineData("""{"heartbeat": {}}""", false)]
    [InlineData("""{}""", false)]
    [InlineData("""{"snapshot": {}}""", true)]
    [InlineData("""{"syncComplete": {}}""", true)]
    public async Task A_message_out_of_order_ends_the_stream_and_keeps_the_table(string message, bool afterSync)
    {
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(_operator.Port);
        ScriptedStream first = await _operator.NextStreamAsync();
        await first.SendAsync(Snapshot(Entry("a")));
        if (afterSync)
        {
            await first.SendAsync(Complete(1, Entry("a")));
        }

        await first.SendAsync(FeedMessage.Parser.ParseJson(message));

        await _operator.NextStreamAsync();
        Assert.NotNull(proxy.Find("a"));
        Assert.Equal(afterSync, proxy.HasSynced);
    }

    [Fact]
    public async Task A_stream_that_follows_another_says_what_the_table_is()
    {
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(_operator.Port);
        ScriptedStream first = await _operator.NextStreamAsync();
        Assert.Null((await first.ReadAsync()).Hello.Have);
        await first.SendAsync(Sync(7, Entry("a"), Entry("b")));
        await first.SendAsync(new FeedMessage { Delta = new Delta { Sequence = 8, Removals = { new Removal { SessionId = "b", PodUid = "u" } }, Versions = new Versions { Namespaces = { Read("ns", 9, 1).Namespaces, Read("other", 5, 6).Namespaces } } } });
        Assert.Equal(7UL, (await first.ReadAsync()).Applied.Sequence);
        Assert.Equal(8UL, (await first.ReadAsync()).Applied.Sequence);
        Assert.Null(proxy.Find("b"));
        first.End();

        ScriptedStream second = await _operator.NextStreamAsync();
        Hello hello = (await second.ReadAsync()).Hello;
        Assert.Equal(("e", 8UL, 1UL, Hash([Entry("a")])), (hello.Have.Epoch, hello.Have.Sequence, hello.Have.Count, hello.Have.Hash));
        // The highest of each.
        Assert.Equal([.. Read("ns", 9, 3).Namespaces, .. Read("other", 5, 6).Namespaces], hello.Minimum.Namespaces);

        // The operator goes on from there, and nothing is swept.
        await second.SendAsync(new FeedMessage { Delta = new Delta { Sequence = 9, Upserts = { Entry("c") } } }, Complete(9, Entry("a"), Entry("c")));
        Assert.Equal(9UL, (await second.ReadAsync()).Applied.Sequence);
        Assert.Equal(2, proxy.Table.Count);
    }

    [Theory]
    [InlineData("in a snapshot")]
    [InlineData("between the parts of a delta")]
    [InlineData("while it resumes")]
    public async Task A_stream_that_was_cut_on_the_way_is_at_no_sequence(string where)
    {
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(_operator.Port);
        ScriptedStream stream = await _operator.NextStreamAsync();
        await stream.SendAsync(Sync(7, Entry("a")));
        await Eventually.TrueAsync(() => proxy.HasSynced, "the snapshot is complete");
        var part = new FeedMessage { Delta = new Delta { Sequence = 7, Upserts = { Entry("b") } } };
        if (where != "between the parts of a delta")
        {
            stream.End();
            stream = await _operator.NextStreamAsync();
        }
        await stream.SendAsync(where == "in a snapshot" ? Snapshot(Entry("b")) : part);
        await Eventually.TrueAsync(() => proxy.Find("b") is not null, "a part has come");
        stream.End();

        ScriptedStream next = await _operator.NextStreamAsync();
        Hello hello = (await next.ReadAsync()).Hello;
        Assert.Equal(("", 2UL, Hash([Entry("a"), Entry("b")])), (hello.Have.Epoch, hello.Have.Count, hello.Have.Hash));
        // An operator that has just that needs to send nothing.
        await next.SendAsync(Complete(1, Entry("a"), Entry("b")));
        Assert.Equal(1UL, (await next.ReadAsync()).Applied.Sequence);
    }

    [Theory]
    [InlineData("SyncComplete")]
    [InlineData("Heartbeat")]
    public async Task A_table_that_is_not_the_operators_is_fetched_anew(string noticed)
    {
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(_operator.Port);
        ScriptedStream first = await _operator.NextStreamAsync();
        await first.SendAsync(noticed == "SyncComplete"
            ? [Snapshot(Entry("a")), Complete(1, Entry("a", "other"))]
            : [.. Sync(1, Entry("a")), Beat(1, Entry("a")), Beat(1, Entry("a", "other"))]);

        ScriptedStream second = await _operator.NextStreamAsync();
        Hello hello = (await second.ReadAsync()).Hello;
        Assert.Null(hello.Have);
        Assert.Equal(1, proxy.Log.Count(6));
        Assert.NotNull(proxy.Find("a"));
        await second.SendAsync(Sync(1, Entry("a", "other")));
        await Eventually.TrueAsync(() => proxy.Find("a")?.PodUid == "other", "the table is right");
    }
}
