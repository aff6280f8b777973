using SshGateway.Feed;
using SshGateway.Feed.Client;
using SshGateway.Operator.Table;
using SshGateway.Tests.Support;
using Xunit;
using static SshGateway.Tests.Integration.Feed.FeedDialog;

namespace SshGateway.Tests.Integration.Feed;

/// <summary>What a stream carries once the proxy is in step.</summary>
public sealed class FeedChangeTests : IAsyncLifetime
{
    private FeedDialog _feed = null!;

    public async Task InitializeAsync() => _feed = await StartAsync();

    public async Task DisposeAsync() => await _feed.DisposeAsync();

    [Fact]
    public async Task A_change_on_an_idle_stream_leaves_at_once_and_those_that_follow_travel_together()
    {
        _feed.Fill([Entry("a", "u1"), Entry("b", "u1")]);
        using OperatorStream call = await _feed.SyncedAsync();

        _feed.Fill([Entry("a", "u2"), Entry("b", "u1")]);
        Delta first = (await ReadAsync(call)).Delta;
        Assert.Equal((2UL, "a", "u2"), (first.Sequence, Assert.Single(first.Upserts).SessionId, first.Upserts[0].PodUid));

        _feed.Fill([Entry("a", "u3"), Entry("b", "u1")]);
        _feed.Fill([Entry("a", "u4"), Entry("b", "u1"), Entry("c", "u1")]);
        _feed.Fill([Entry("a", "u5")]);
        Task<FeedMessage> reading = ReadAsync(call);
        Assert.False(reading.IsCompleted);
        await Eventually.CompletedAsync(reading, _feed.Time, TimeSpan.FromMilliseconds(10));

        Delta second = (await reading).Delta;
        Assert.Equal((5UL, "a", "u5"), (second.Sequence, Assert.Single(second.Upserts).SessionId, second.Upserts[0].PodUid));
        // "c" came and went unseen.
        Assert.Equal(("b", "u1"), (Assert.Single(second.Removals).SessionId, second.Removals[0].PodUid));
    }

    [Fact]
    public async Task A_removal_names_the_pod_that_the_proxy_knows()
    {
        _feed.Fill([Entry("a", "u1")]);
        using OperatorStream call = await _feed.SyncedAsync();
        _feed.Fill([Entry("a", "u1"), Entry("b", "u1")]);
        await ReadAsync(call);

        // Both changes fall into the time in which changes are collected: "u2" is never sent.
        _feed.Fill([Entry("a", "u2"), Entry("b", "u1")]);
        _feed.Fill([Entry("b", "u1")]);
        Task<FeedMessage> reading = ReadAsync(call);
        await Eventually.CompletedAsync(reading, _feed.Time, TimeSpan.FromMilliseconds(10));

        Removal removal = Assert.Single((await reading).Delta.Removals);
        Assert.Equal(("a", "u1"), (removal.SessionId, removal.PodUid));
    }

    [Fact]
    public async Task A_heartbeat_comes_every_ten_seconds()
    {
        _feed.Fill([Entry("a", "u1")]);
        using OperatorStream call = await _feed.SyncedAsync();

        for (int i = 0; i < 3; i++)
        {
            Task<FeedMessage> reading = ReadAsync(call);
            await Eventually.CompletedAsync(reading, _feed.Time, TimeSpan.FromSeconds(10));
            Heartbeat heartbeat = (await reading).Heartbeat;
            Assert.Equal((1UL, 1UL, Entry("a", "u1").Hash), (heartbeat.Sequence, heartbeat.Count, heartbeat.Hash));
        }
    }

    [Fact]
    public async Task A_proxy_that_takes_nothing_costs_its_sessions_and_not_its_events_and_is_ended()
    {
        // More than HTTP/2's windows ever hold: 30 MB.
        _feed.Fill([.. Enumerable.Range(0, 50).Select(i => Entry($"s{i}", "u", keyBytes: 600_000))]);
        using OperatorStream idle = await _feed.HelloAsync();
        Assert.NotNull((await ReadAsync(idle)).Snapshot);
        using TableSubscription subscription = _feed.Table.Subscribe();

        for (int round = 0; round < 200; round++)
        {
            _feed.Fill([.. Enumerable.Range(0, 50).Select(i => Entry($"s{i}", $"u{round}"))]);
        }
        Assert.Equal(50, subscription.Take().Pending.Count);

        await Eventually.CompletedAsync(Eventually.TrueAsync(() => _feed.Log.Count(2) == 1, "the stream is ended"), _feed.Time, TimeSpan.FromSeconds(1));
        Assert.Contains("accepted no data for 10 s", Assert.Single(_feed.Log.Lines, l => l.Id.Id == 3).Text, StringComparison.Ordinal);
    }
}
