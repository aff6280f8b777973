using SshGateway.Operator.Feed;
using SshGateway.Operator.Feed.Authentication;
using SshGateway.Operator.HostKeys;
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
    public async Task An_empty_table_is_one_message()
    {
        Fill([]);
        using GrpcClientCall<ProxyMessage, FeedMessage> call = await HelloAsync();

        SyncComplete complete = (await ReadAsync(call)).SyncComplete;

        using TableSubscription subscription = _table.Subscribe();
        Assert.Equal((subscription.Epoch, 0UL, 0UL), (complete.Epoch, complete.Sequence, complete.Count));
    }

    [Fact]
    public async Task When_the_cluster_was_put_back_every_stream_ends_and_the_next_has_another_epoch()
    {
        Fill([Entry("a", "u1")]);
        using GrpcClientCall<ProxyMessage, FeedMessage> call = await HelloAsync();
        await ReadAsync(call);
        string epoch = (await ReadAsync(call)).SyncComplete.Epoch;

        _table.Apply([], [], default, startsEpoch: true);

        var failure = await Assert.ThrowsAsync<GrpcException>(() => ReadAsync(call));
        Assert.Equal(GrpcStatusCode.Unavailable, failure.Status);
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
            Assert.Equal((1UL, 1UL), (heartbeat.Sequence, heartbeat.Count));
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
    private void Fill(IReadOnlyCollection<TableEntry> entries)
    {
        using TableSubscription subscription = _table.Subscribe();
        _table.Apply(entries, [.. subscription.Snapshot.Select(e => e.SessionId).Except(entries.Select(e => e.SessionId))], default);
    }

    private static TableEntry Entry(string sessionId, string podUid, int keyBytes = 0)
    {
        var entry = new Entry { SessionId = sessionId, PodUid = podUid };
        if (keyBytes > 0)
        {
            entry.AuthorizedKeys.Add(Google.Protobuf.ByteString.CopyFrom(new byte[keyBytes]));
        }
        return new TableEntry(sessionId, podUid, Google.Protobuf.MessageExtensions.ToByteArray(entry));
    }

    private async Task<GrpcClientCall<ProxyMessage, FeedMessage>> HelloAsync()
    {
        GrpcClientCall<ProxyMessage, FeedMessage> call = _client.Open(EndpointFeedMethods.Watch);
        await call.WriteAsync(new ProxyMessage { Hello = new Hello { ProxyId = "test", Version = "1" } }, CancellationToken.None);
        return call;
    }

    private async Task<GrpcClientCall<ProxyMessage, FeedMessage>> SyncedAsync()
    {
        GrpcClientCall<ProxyMessage, FeedMessage> call = await HelloAsync();
        while ((await ReadAsync(call)).SyncComplete is null)
        {
        }
        return call;
    }

    private static async Task<FeedMessage> ReadAsync(GrpcClientCall<ProxyMessage, FeedMessage> call) =>
        await call.ReadAsync(CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(30)) ?? throw new InvalidOperationException("the server ended the stream");
}
