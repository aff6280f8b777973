using SshGateway.Operator.Feed;
using SshGateway.Operator.Feed.Authentication;
using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Model;
using SshGateway.Operator.Table;
using SshGateway.Operator.Usage;
using SshGateway.Shared.Grpc;
using SshGateway.Shared.Protos;
using SshGateway.Tests.Grpc;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Feed;

/// <summary>The operator's side of the feed, message by message, with time in the test's hands.</summary>
public sealed class FeedServiceTests : IAsyncLifetime, IDisposable
{
    private readonly EndpointTable _table = new();
    private readonly ManualTimeProvider _time = new();
    private readonly UsageTable _usage;
    private readonly FeedMetrics _metrics;
    private readonly LogRecorder<FeedService> _log = new();
    private TestServer _server = null!;
    private GrpcClient _client = null!;

    public FeedServiceTests()
    {
        _usage = new UsageTable(_time);
        _metrics = new FeedMetrics(_table);
    }

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync(
            (grpc, lifetime) => grpc.AddDuplex(EndpointFeedMethods.Watch, new FeedService(_table, _usage, new HostKeyTable(), _metrics, new NoAuthentication(), _time, lifetime, _log).WatchAsync), _time);
        _client = new GrpcClient(_server.Address);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose()
    {
        _client.Dispose();
        _usage.Dispose();
        _metrics.Dispose();
    }

    [Fact]
    public async Task An_empty_table_is_an_empty_chunk_and_complete()
    {
        Fill([]);
        using GrpcClientCall<ProxyMessage, FeedMessage> call = await HelloAsync();

        Assert.Empty((await ReadAsync(call)).Snapshot.Entries);
        SyncComplete complete = (await ReadAsync(call)).SyncComplete;

        Assert.Equal((_table.Position.Epoch, 0UL, 0UL, 0UL), (complete.Epoch, complete.Sequence, complete.Count, complete.Hash));
    }

    [Fact]
    public async Task A_proxy_that_was_cut_gets_what_has_changed_since()
    {
        Fill([Entry("a", "u1"), Entry("b", "u1"), Entry("c", "u1")]);
        TableState have;
        using (GrpcClientCall<ProxyMessage, FeedMessage> first = await HelloAsync())
        {
            have = State(await SyncAsync(first));
        }

        Fill([Entry("a", "u2"), Entry("c", "u1"), Entry("d", "u1")]);
        Fill([Entry("a", "u3"), Entry("c", "u1")]);
        using GrpcClientCall<ProxyMessage, FeedMessage> call = await HelloAsync(have);
        Delta delta = (await ReadAsync(call)).Delta;
        SyncComplete complete = (await ReadAsync(call)).SyncComplete;

        Assert.Equal(("a", "u3"), (Assert.Single(delta.Upserts).SessionId, delta.Upserts[0].PodUid));
        Assert.Equal(("b", "u1"), (Assert.Single(delta.Removals).SessionId, delta.Removals[0].PodUid));
        Assert.Equal((3UL, 2UL, _table.Position.Hash), (complete.Sequence, complete.Count, complete.Hash));

        // And it goes on from there.
        Fill([Entry("c", "u1")]);
        Assert.Equal((4UL, "u3"), ((delta = (await ReadAsync(call)).Delta).Sequence, Assert.Single(delta.Removals).PodUid));
    }

    [Fact]
    public async Task A_proxy_that_has_it_all_gets_nothing_but_the_word()
    {
        Fill([Entry("a", "u1")]);
        TablePosition position = _table.Position;
        TableState[] same =
        [
            new() { Epoch = position.Epoch, Sequence = position.Sequence, Count = position.Count, Hash = position.Hash },
            // From another replica: epoch and sequence say nothing, the hash everything.
            new() { Epoch = "another", Sequence = 77, Count = position.Count, Hash = position.Hash },
            new() { Count = position.Count, Hash = position.Hash },
        ];

        foreach (TableState have in same)
        {
            using GrpcClientCall<ProxyMessage, FeedMessage> call = await HelloAsync(have);
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
        Fill([Entry("a", "u1")]);
        TablePosition position = _table.Position;
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

        using GrpcClientCall<ProxyMessage, FeedMessage> call = await HelloAsync(have);

        Assert.Equal("a", Assert.Single((await ReadAsync(call)).Snapshot.Entries).SessionId);
    }

    [Fact]
    public async Task What_is_forgotten_comes_as_a_snapshot()
    {
        Fill([Entry("a", "u1")]);
        TablePosition position = _table.Position;
        for (int i = 0; i < EndpointTable.RememberedChanges + 1; i++)
        {
            _table.Apply([Entry("b", $"u{i}")], [], default);
        }

        using (GrpcClientCall<ProxyMessage, FeedMessage> call = await HelloAsync(State(position)))
        {
            Assert.Equal(2, (await ReadAsync(call)).Snapshot.Entries.Count);
        }
        using (GrpcClientCall<ProxyMessage, FeedMessage> call = await HelloAsync(State(position with { Sequence = 2 })))
        {
            Assert.Equal("b", Assert.Single((await ReadAsync(call)).Delta.Upserts).SessionId);
        }
    }

    [Fact]
    public async Task A_large_resume_comes_in_parts_before_the_sequence()
    {
        Fill([]);
        TablePosition position = _table.Position;
        Fill([.. Enumerable.Range(0, 2500).Select(i => Entry($"s{i}", "u"))]);
        using GrpcClientCall<ProxyMessage, FeedMessage> call = await HelloAsync(State(position));

        Delta[] parts = [(await ReadAsync(call)).Delta, (await ReadAsync(call)).Delta, (await ReadAsync(call)).Delta];

        Assert.Equal([(1000, 0UL), (1000, 0UL), (500, 1UL)], parts.Select(p => (p.Upserts.Count, p.Sequence)));
        Assert.Equal(1UL, (await ReadAsync(call)).SyncComplete.Sequence);
    }

    [Fact]
    public async Task A_replica_that_is_behind_waits_until_it_has_caught_up()
    {
        Fill([Entry("a", "u1")], new ClusterVersions(100, 50));
        using GrpcClientCall<ProxyMessage, FeedMessage> call = await HelloAsync(minimum: new Versions { Sessions = 101, Pods = 50 });
        Task<FeedMessage> reading = ReadAsync(call);
        Fill([Entry("a", "u2")], new ClusterVersions(100, 60));
        Assert.False(reading.IsCompleted);

        Fill([Entry("a", "u3")], new ClusterVersions(101, 60));

        SnapshotChunk snapshot = (await reading).Snapshot;
        Assert.Equal(("u3", 101UL, 60UL), (snapshot.Entries[0].PodUid, snapshot.Versions.Sessions, snapshot.Versions.Pods));
    }

    [Theory]
    [InlineData(101, 50)]
    [InlineData(100, 51)]
    public async Task A_replica_that_stays_behind_sends_the_proxy_to_another_one(ulong sessions, ulong pods)
    {
        Fill([Entry("a", "u1")], new ClusterVersions(100, 50));
        using GrpcClientCall<ProxyMessage, FeedMessage> call = await HelloAsync(minimum: new Versions { Sessions = sessions, Pods = pods });

        Task<FeedMessage> reading = ReadAsync(call);
        await Eventually.CompletedAsync(reading, _time, TimeSpan.FromSeconds(1));

        Assert.Equal(GoAwayReason.Behind, (await reading).GoAway.Reason);
        call.Complete();
        Assert.Equal(GrpcStatusCode.Unavailable, (await Assert.ThrowsAsync<GrpcException>(() => ReadAsync(call))).Status);
        Assert.Equal(1, _log.Count(4));
    }

    [Fact]
    public async Task An_operator_without_versions_is_never_behind()
    {
        Fill([Entry("a", "u1")]);
        using GrpcClientCall<ProxyMessage, FeedMessage> call = await HelloAsync(minimum: new Versions { Sessions = 5, Pods = 5 });

        Assert.NotNull((await ReadAsync(call)).Snapshot);
    }

    [Fact]
    public async Task An_operator_that_ends_says_so()
    {
        Fill([Entry("a", "u1")]);
        using GrpcClientCall<ProxyMessage, FeedMessage> call = await SyncedAsync();

        Task ending = _server.StopAsync();

        GoAway goAway = (await ReadAsync(call)).GoAway;
        Assert.Equal(GoAwayReason.ShuttingDown, goAway.Reason);
        Assert.InRange(goAway.RetryAfter, 0U, 1000U);
        call.Complete();
        await ending;
    }

    [Fact]
    public async Task When_the_cluster_was_put_back_every_stream_ends_and_the_next_has_another_epoch()
    {
        Fill([Entry("a", "u1")]);
        using GrpcClientCall<ProxyMessage, FeedMessage> call = await HelloAsync();
        await ReadAsync(call);
        string epoch = (await ReadAsync(call)).SyncComplete.Epoch;

        _table.Apply([], [], default, startsEpoch: true);

        Assert.Equal(GoAwayReason.NewEpoch, (await ReadAsync(call)).GoAway.Reason);
        call.Complete();
        Assert.Equal(GrpcStatusCode.Unavailable, (await Assert.ThrowsAsync<GrpcException>(() => ReadAsync(call))).Status);
        using GrpcClientCall<ProxyMessage, FeedMessage> next = await HelloAsync();
        await ReadAsync(next);
        Assert.NotEqual(epoch, (await ReadAsync(next)).SyncComplete.Epoch);
    }

    [Fact]
    public async Task A_snapshot_is_cut_at_1000_entries_and_at_512_KiB()
    {
        Fill([.. Enumerable.Range(0, 2500).Select(i => Entry($"s{i}", "u"))]);
        using (GrpcClientCall<ProxyMessage, FeedMessage> call = await HelloAsync())
        {
            Assert.Equal([1000, 1000, 500], new[] { await ReadAsync(call), await ReadAsync(call), await ReadAsync(call) }.Select(m => m.Snapshot.Entries.Count));
            Assert.Equal(2500UL, (await ReadAsync(call)).SyncComplete.Count);
        }
        Fill([.. Enumerable.Range(0, 12).Select(i => Entry($"s{i}", "u", keyBytes: 100_000))]);
        using (GrpcClientCall<ProxyMessage, FeedMessage> call = await HelloAsync())
        {
            Assert.Equal([6, 6], new[] { await ReadAsync(call), await ReadAsync(call) }.Select(m => m.Snapshot.Entries.Count));
            Assert.NotNull((await ReadAsync(call)).SyncComplete);
        }
    }

    [Fact]
    public async Task A_change_on_an_idle_stream_leaves_at_once_and_those_that_follow_travel_together()
    {
        Fill([Entry("a", "u1"), Entry("b", "u1")]);
        using GrpcClientCall<ProxyMessage, FeedMessage> call = await SyncedAsync();

        Fill([Entry("a", "u2"), Entry("b", "u1")]);
        Delta first = (await ReadAsync(call)).Delta;
        Assert.Equal((2UL, "a", "u2"), (first.Sequence, Assert.Single(first.Upserts).SessionId, first.Upserts[0].PodUid));

        Fill([Entry("a", "u3"), Entry("b", "u1")]);
        Fill([Entry("a", "u4"), Entry("b", "u1"), Entry("c", "u1")]);
        Fill([Entry("a", "u5")]);
        Task<FeedMessage> reading = ReadAsync(call);
        Assert.False(reading.IsCompleted);
        await Eventually.CompletedAsync(reading, _time, TimeSpan.FromMilliseconds(10));

        Delta second = (await reading).Delta;
        Assert.Equal((5UL, "a", "u5"), (second.Sequence, Assert.Single(second.Upserts).SessionId, second.Upserts[0].PodUid));
        // "c" came and went unseen.
        Assert.Equal(("b", "u1"), (Assert.Single(second.Removals).SessionId, second.Removals[0].PodUid));
    }

    [Fact]
    public async Task A_removal_names_the_pod_that_the_proxy_knows()
    {
        Fill([Entry("a", "u1")]);
        using GrpcClientCall<ProxyMessage, FeedMessage> call = await SyncedAsync();
        Fill([Entry("a", "u1"), Entry("b", "u1")]);
        await ReadAsync(call);

        // Both changes fall into the time in which changes are collected: "u2" is never sent.
        Fill([Entry("a", "u2"), Entry("b", "u1")]);
        Fill([Entry("b", "u1")]);
        Task<FeedMessage> reading = ReadAsync(call);
        await Eventually.CompletedAsync(reading, _time, TimeSpan.FromMilliseconds(10));

        Removal removal = Assert.Single((await reading).Delta.Removals);
        Assert.Equal(("a", "u1"), (removal.SessionId, removal.PodUid));
    }

    [Fact]
    public async Task A_heartbeat_comes_every_ten_seconds()
    {
        Fill([Entry("a", "u1")]);
        using GrpcClientCall<ProxyMessage, FeedMessage> call = await SyncedAsync();

        for (int i = 0; i < 3; i++)
        {
            Task<FeedMessage> reading = ReadAsync(call);
            await Eventually.CompletedAsync(reading, _time, TimeSpan.FromSeconds(10));
            Heartbeat heartbeat = (await reading).Heartbeat;
            Assert.Equal((1UL, 1UL, Entry("a", "u1").Hash), (heartbeat.Sequence, heartbeat.Count, heartbeat.Hash));
        }
    }

    [Fact]
    public async Task Nothing_is_sent_before_the_table_is_complete()
    {
        using GrpcClientCall<ProxyMessage, FeedMessage> call = await HelloAsync();
        Task<FeedMessage> reading = ReadAsync(call);

        var failure = await Assert.ThrowsAsync<GrpcException>(() => Eventually.CompletedAsync(reading, _time, TimeSpan.FromSeconds(1)));

        Assert.Equal(GrpcStatusCode.Unavailable, failure.Status);
    }

    [Fact]
    public async Task A_proxy_that_says_nothing_is_sent_away()
    {
        using GrpcClientCall<ProxyMessage, FeedMessage> call = _client.Open(EndpointFeedMethods.Watch);

        var failure = await Assert.ThrowsAsync<GrpcException>(() => Eventually.CompletedAsync(ReadAsync(call), _time, TimeSpan.FromSeconds(1)));

        Assert.Equal(GrpcStatusCode.DeadlineExceeded, failure.Status);
    }

    public static TheoryData<string> BadHellos => [.. new[]
    {
        new ProxyMessage(),
        new ProxyMessage { Applied = new Applied() },
        new ProxyMessage { Hello = new Hello() },
        new ProxyMessage { Hello = new Hello { ProxyId = new string('x', 129) } },
        new ProxyMessage { Hello = new Hello { ProxyId = "a\nforged log line" } },
        new ProxyMessage { Hello = new Hello { ProxyId = "a", Version = "1\u001b[0m" } },
        new ProxyMessage { Hello = new Hello { ProxyId = "a", Have = new TableState { Epoch = new string('x', 65) } } },
    }.Select(m => m.ToString())];

    [Theory]
    [MemberData(nameof(BadHellos))]
    public async Task A_stream_that_begins_wrongly_is_refused(string message)
    {
        Fill([]);
        using GrpcClientCall<ProxyMessage, FeedMessage> call = _client.Open(EndpointFeedMethods.Watch);
        await call.WriteAsync(ProxyMessage.Parser.ParseJson(message), CancellationToken.None);

        var failure = await Assert.ThrowsAsync<GrpcException>(() => ReadAsync(call));

        Assert.Equal(GrpcStatusCode.InvalidArgument, failure.Status);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task A_proxy_that_takes_nothing_costs_its_sessions_and_not_its_events_and_is_ended()
    {
        // More than HTTP/2's windows ever hold: 30 MB.
        Fill([.. Enumerable.Range(0, 50).Select(i => Entry($"s{i}", "u", keyBytes: 600_000))]);
        using GrpcClientCall<ProxyMessage, FeedMessage> idle = await HelloAsync();
        Assert.NotNull((await ReadAsync(idle)).Snapshot);
        using TableSubscription subscription = _table.Subscribe();

        for (int round = 0; round < 200; round++)
        {
            Fill([.. Enumerable.Range(0, 50).Select(i => Entry($"s{i}", $"u{round}"))]);
        }
        Assert.Equal(50, subscription.Take().Pending.Count);

        await Eventually.CompletedAsync(Eventually.TrueAsync(() => _log.Count(2) == 1, "the stream is ended"), _time, TimeSpan.FromSeconds(1));
        Assert.Contains("took nothing for 10 s", Assert.Single(_log.Lines, l => l.Id.Id == 3).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_proxy_that_hangs_up_ends_its_stream_with_what_it_had_applied()
    {
        Fill([Entry("a", "u1")]);
        using (GrpcClientCall<ProxyMessage, FeedMessage> call = await SyncedAsync())
        {
            await call.WriteAsync(new ProxyMessage { Applied = new Applied { Sequence = 1 } }, CancellationToken.None);
            call.Complete();
            Assert.Null(await call.ReadAsync(CancellationToken.None));
        }
        Assert.EndsWith("up to sequence 1", Assert.Single(_log.Lines, l => l.Id.Id == 2).Text, StringComparison.Ordinal);
        using (await SyncedAsync())
        {
        }
        await Eventually.TrueAsync(() => _log.Count(2) == 2, "a stream that is reset ends as well");
    }

    // Makes these the table's entries.
    private void Fill(IReadOnlyCollection<TableEntry> entries, ClusterVersions versions = default)
    {
        using TableSubscription subscription = _table.Subscribe();
        _table.Apply(entries, [.. subscription.Snapshot!.Select(e => e.SessionId).Except(entries.Select(e => e.SessionId))], versions);
    }

    private static TableState State(SyncComplete complete) =>
        new() { Epoch = complete.Epoch, Sequence = complete.Sequence, Count = complete.Count, Hash = complete.Hash };

    private static TableState State(TablePosition position) =>
        new() { Epoch = position.Epoch, Sequence = position.Sequence, Count = position.Count, Hash = position.Hash };

    private static TableEntry Entry(string sessionId, string podUid, int keyBytes = 0)
    {
        var entry = new Entry { SessionId = sessionId, PodUid = podUid };
        if (keyBytes > 0)
        {
            entry.AuthorizedKeys.Add(Google.Protobuf.ByteString.CopyFrom(new byte[keyBytes]));
        }
        return new TableEntry(sessionId, podUid, Google.Protobuf.MessageExtensions.ToByteArray(entry));
    }

    private async Task<GrpcClientCall<ProxyMessage, FeedMessage>> HelloAsync(TableState? have = null, Versions? minimum = null)
    {
        GrpcClientCall<ProxyMessage, FeedMessage> call = _client.Open(EndpointFeedMethods.Watch);
        var hello = new Hello { ProxyId = "test", Version = "1", Have = have, Minimum = minimum };
        await call.WriteAsync(new ProxyMessage { Hello = hello }, CancellationToken.None);
        return call;
    }

    private async Task<GrpcClientCall<ProxyMessage, FeedMessage>> SyncedAsync()
    {
        GrpcClientCall<ProxyMessage, FeedMessage> call = await HelloAsync();
        await SyncAsync(call);
        return call;
    }

    private static async Task<SyncComplete> SyncAsync(GrpcClientCall<ProxyMessage, FeedMessage> call)
    {
        while (true)
        {
            if ((await ReadAsync(call)).SyncComplete is { } complete)
            {
                return complete;
            }
        }
    }

    private static async Task<FeedMessage> ReadAsync(GrpcClientCall<ProxyMessage, FeedMessage> call) =>
        await call.ReadAsync(CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(30)) ?? throw new InvalidOperationException("the server ended the stream");
}
