using SshGateway.Feed;
using SshGateway.Feed.Client;
using SshGateway.Operator.Table;
using Xunit;
using static SshGateway.Tests.Integration.Feed.FeedDialog;

namespace SshGateway.Tests.Integration.Feed;

/// <summary>What a stream begins with: nothing, changes or the whole table, by what the proxy has.</summary>
public sealed class FeedResumeTests : IAsyncLifetime
{
    private FeedDialog _feed = null!;

    public async Task InitializeAsync() => _feed = await StartAsync();

    public async Task DisposeAsync() => await _feed.DisposeAsync();

    [Fact]
    public async Task An_empty_table_is_an_empty_chunk_and_complete()
    {
        _feed.Fill([]);
        using OperatorStream call = await _feed.HelloAsync();

        Assert.Empty((await ReadAsync(call)).Snapshot.Entries);
        SyncComplete complete = (await ReadAsync(call)).SyncComplete;

        Assert.Equal((_feed.Table.Position.Epoch, 0UL, 0UL, 0UL), (complete.Epoch, complete.Sequence, complete.Count, complete.Hash));
    }

    [Fact]
    public async Task A_proxy_that_was_cut_gets_what_has_changed_since()
    {
        _feed.Fill([Entry("a", "u1"), Entry("b", "u1"), Entry("c", "u1")]);
        TableState have;
        using (OperatorStream first = await _feed.HelloAsync())
        {
            have = State(await SyncAsync(first));
        }

        _feed.Fill([Entry("a", "u2"), Entry("c", "u1"), Entry("d", "u1")]);
        _feed.Fill([Entry("a", "u3"), Entry("c", "u1")]);
        using OperatorStream call = await _feed.HelloAsync(have);
        Delta delta = (await ReadAsync(call)).Delta;
        SyncComplete complete = (await ReadAsync(call)).SyncComplete;

        Assert.Equal(("a", "u3"), (Assert.Single(delta.Upserts).SessionId, delta.Upserts[0].PodUid));
        Assert.Equal(("b", "u1"), (Assert.Single(delta.Removals).SessionId, delta.Removals[0].PodUid));
        Assert.Equal((3UL, 2UL, _feed.Table.Position.Hash), (complete.Sequence, complete.Count, complete.Hash));

        // And it goes on from there.
        _feed.Fill([Entry("c", "u1")]);
        Assert.Equal((4UL, "u3"), ((delta = (await ReadAsync(call)).Delta).Sequence, Assert.Single(delta.Removals).PodUid));
    }

    [Fact]
    public async Task A_proxy_that_has_it_all_gets_nothing_but_the_word()
    {
        _feed.Fill([Entry("a", "u1")]);
        TablePosition position = _feed.Table.Position;
        TableState[] same =
        [
            new() { Epoch = position.Epoch, Sequence = position.Sequence, Count = position.Count, Hash = position.Hash },
            // From another replica: epoch and sequence say nothing, the hash everything.
            new() { Epoch = "another", Sequence = 77, Count = position.Count, Hash = position.Hash },
            new() { Count = position.Count, Hash = position.Hash },
        ];

        foreach (TableState have in same)
        {
            using OperatorStream call = await _feed.HelloAsync(have);
            Assert.Equal((position.Epoch, 1UL), ((await ReadAsync(call)).SyncComplete is { } complete ? (complete.Epoch, complete.Sequence) : default));
        }
    }

    [Theory]
    [InlineData("another epoch")]
    [InlineData("a sequence of the future")]
    [InlineData("another hash")]
    [InlineData("another count")]
    public async Task A_proxy_with_another_table_gets_the_whole(string difference)
    {
        _feed.Fill([Entry("a", "u1")]);
        TablePosition position = _feed.Table.Position;
        var have = new TableState { Epoch = "another", Sequence = 1, Count = position.Count, Hash = position.Hash };
        switch (difference)
        {
            case "a sequence of the future":
                (have.Epoch, have.Sequence, have.Hash) = (position.Epoch, 2, 5);
                break;
            case "another count":
                have.Count++;
                break;
            default:
                have.Hash++;
                break;
        }

        using OperatorStream call = await _feed.HelloAsync(have);

        Assert.Equal("a", Assert.Single((await ReadAsync(call)).Snapshot.Entries).SessionId);
    }

    [Fact]
    public async Task What_is_forgotten_comes_as_a_snapshot()
    {
        _feed.Fill([Entry("a", "u1")]);
        TablePosition position = _feed.Table.Position;
        for (int i = 0; i < EndpointTable.RememberedChanges + 1; i++)
        {
            _feed.Table.Apply([Entry("b", $"u{i}")], [], default);
        }

        using (OperatorStream call = await _feed.HelloAsync(State(position)))
        {
            Assert.Equal(2, (await ReadAsync(call)).Snapshot.Entries.Count);
        }
        using (OperatorStream call = await _feed.HelloAsync(State(position with { Sequence = 2 })))
        {
            Assert.Equal("b", Assert.Single((await ReadAsync(call)).Delta.Upserts).SessionId);
        }
    }

    [Fact]
    public async Task A_large_resume_comes_in_parts_before_the_sequence()
    {
        _feed.Fill([]);
        TablePosition position = _feed.Table.Position;
        _feed.Fill([.. Enumerable.Range(0, 2500).Select(i => Entry($"s{i}", "u"))]);
        using OperatorStream call = await _feed.HelloAsync(State(position));

        Delta[] parts = [(await ReadAsync(call)).Delta, (await ReadAsync(call)).Delta, (await ReadAsync(call)).Delta];

        Assert.Equal([(1000, 0UL), (1000, 0UL), (500, 1UL)], parts.Select(p => (p.Upserts.Count, p.Sequence)));
        Assert.Equal(1UL, (await ReadAsync(call)).SyncComplete.Sequence);
    }

    [Fact]
    public async Task A_snapshot_is_cut_at_1000_entries_and_at_512_KiB()
    {
        _feed.Fill([.. Enumerable.Range(0, 2500).Select(i => Entry($"s{i}", "u"))]);
        using (OperatorStream call = await _feed.HelloAsync())
        {
            Assert.Equal([1000, 1000, 500], new[] { await ReadAsync(call), await ReadAsync(call), await ReadAsync(call) }.Select(m => m.Snapshot.Entries.Count));
            Assert.Equal(2500UL, (await ReadAsync(call)).SyncComplete.Count);
        }
        _feed.Fill([.. Enumerable.Range(0, 12).Select(i => Entry($"s{i}", "u", keyBytes: 100_000))]);
        using (OperatorStream call = await _feed.HelloAsync())
        {
            Assert.Equal([6, 6], new[] { await ReadAsync(call), await ReadAsync(call) }.Select(m => m.Snapshot.Entries.Count));
            Assert.NotNull((await ReadAsync(call)).SyncComplete);
        }
    }
}
