using System.Threading.Channels;
using Google.Protobuf;
using SshGateway.Proxy.Table;
using SshGateway.Shared.Grpc;
using SshGateway.Shared.Protos;
using SshGateway.Shared.Ssh;
using SshGateway.Tests.Grpc;
using SshGateway.Tests.Manifests;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Feed;

/// <summary>The proxy's side of the feed against an operator that says what the test tells it.</summary>
public sealed class FeedClientTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Channel<Stream> _streams = Channel.CreateUnbounded<Stream>();
    private readonly ManualTimeProvider _time = new();
    private TestServer _operator = null!;

    public async Task InitializeAsync() => _operator = await TestServer.StartAsync((grpc, _) => grpc.AddDuplex(
        EndpointFeedMethods.Watch,
        async (call, cancellationToken) =>
        {
            var stream = new Stream(call);
            _streams.Writer.TryWrite(stream);
            await stream.Ended.Task.WaitAsync(cancellationToken);
        }));

    public async Task DisposeAsync() => await _operator.DisposeAsync();

    [Fact]
    public async Task It_says_who_it_is_and_what_it_has_applied()
    {
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(_operator.Port);
        Stream stream = await NextStreamAsync();

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
        Stream first = await NextStreamAsync();
        await first.SendAsync(Sync(1, Entry("a"), Entry("b")));
        await Eventually.TrueAsync(() => proxy.HasSynced, "the first snapshot is complete");
        first.End();

        Stream second = await NextStreamAsync();
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
        Stream first = await NextStreamAsync();
        await first.SendAsync(Sync(1, Entry("a"), Entry("b")));
        first.End();

        Stream second = await NextStreamAsync();
        await second.SendAsync(Snapshot(Entry("a")), Complete(1, Entry("a"), Entry("b")));

        await NextStreamAsync();
        Assert.Equal(2, proxy.Table.Count);
    }

    [Fact]
    public async Task A_removal_applies_only_to_the_pod_that_it_names()
    {
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(_operator.Port);
        Stream stream = await NextStreamAsync();
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

    private static readonly (string Field, Action<Entry> Break)[] Breaks =
    [
        ("session_id", e => e.SessionId = "Not_An_Id"),
        ("session_id", e => e.SessionId = new string('a', 41)),
        ("session_id", e => e.SessionId = ""),
        ("state", e => e.State = EndpointState.Unspecified),
        ("state", e => e.State = (EndpointState)9),
        ("access", e => e.Access = Access.Unspecified),
        ("access", e => e.Access = (Access)4),
        ("pod_name", e => e.PodName = new string('a', 254)),
        ("pod_name", e => e.PodName = new string('ä', 127)),
        ("pod_uid", e => e.PodUid = ""),
        ("pod_uid", e => e.PodUid = new string('a', 65)),
        ("pod_uid", e => e.State = EndpointState.None),
        ("pod_ip", e => e.PodIp = ByteString.Empty),
        ("pod_ip", e => e.PodIp = ByteString.CopyFrom(1, 2, 3)),
        ("port", e => e.Port = 0),
        ("port", e => e.Port = 65536),
        ("target_user", e => e.TargetUser = ""),
        ("target_user", e => e.TargetUser = "-oProxyCommand=x"),
        ("authorized_keys[1]", e => e.AuthorizedKeys.Add(ByteString.CopyFrom(1, 2, 3))),
        ("authorized_keys", e => e.AuthorizedKeys.AddRange(Enumerable.Repeat(e.AuthorizedKeys[0], 16).ToArray())),
        ("host_keys[0]", e => e.HostKeys.Add(ByteString.Empty)),
        ("host_keys", e => e.HostKeys.AddRange(Enumerable.Repeat(e.AuthorizedKeys[0], 9))),
        ("trusted_user_ca_keys[0]", e => e.TrustedUserCaKeys.Add(ByteString.Empty)),
        ("trusted_user_ca_keys", e => e.TrustedUserCaKeys.AddRange(Enumerable.Repeat(e.AuthorizedKeys[0], 5))),
        ("host_ca_keys[0]", e => e.HostCaKeys.Add(ByteString.CopyFrom(1))),
        ("host_ca_keys", e => e.HostCaKeys.AddRange(Enumerable.Repeat(e.AuthorizedKeys[0], 5))),
        ("owner_user", e => e.OwnerUser = new string('ü', 257)),
        ("host_key_sha256", e => e.HostKeySha256 = ByteString.CopyFrom(new byte[31])),
        ("host_key_sha256", e => e.HostKeySha256 = ByteString.CopyFrom(new byte[33])),
        ("expires_at", e => e.ExpiresAt = -1),
        ("expires_at", e => e.ExpiresAt = long.MaxValue),
        ("max_connections", e => e.MaxConnections = 1001),
        ("reason", e => e.Reason = "two words"),
    ];

    public static TheoryData<int> BadEntries => [.. Enumerable.Range(0, Breaks.Length)];

    [Theory]
    [MemberData(nameof(BadEntries))]
    public async Task A_bad_entry_leaves_the_good_one_before_it(int number)
    {
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(_operator.Port);
        Stream first = await NextStreamAsync();
        await first.SendAsync(Sync(1, Entry("a")));
        await Eventually.TrueAsync(() => proxy.HasSynced, "the good entry is there");
        SessionEntry good = proxy.Find("a")!;
        Entry bad = Entry("a");
        (string field, Action<Entry> breakEntry) = Breaks[number];
        breakEntry(bad);

        await first.SendAsync(new FeedMessage { Delta = new Delta { Sequence = 2, Upserts = { bad, Entry("b") } } });
        await Eventually.TrueAsync(() => proxy.Find("b") is not null, "its neighbour is applied");

        Assert.Same(good, proxy.Find("a"));
        Assert.Contains(field, Assert.Single(proxy.Log.Lines, l => l.Id.Id == 4).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_entry_in_a_snapshot_is_not_swept_away()
    {
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(_operator.Port);
        Stream first = await NextStreamAsync();
        await first.SendAsync(Sync(1, Entry("a")));
        await Eventually.TrueAsync(() => proxy.HasSynced, "the good entry is there");
        first.End();
        Entry bad = Entry("a");
        bad.Port = 0;

        Stream second = await NextStreamAsync();
        await second.SendAsync(Sync(1, bad, Entry("b")));

        await Eventually.TrueAsync(() => proxy.Log.Count(1) == 2, "the second snapshot is complete");
        Assert.Equal(2, proxy.Table.Count);
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
        Stream first = await NextStreamAsync();
        await first.SendAsync(Snapshot(Entry("a")));
        if (afterSync)
        {
            await first.SendAsync(Complete(1, Entry("a")));
        }

        await first.SendAsync(FeedMessage.Parser.ParseJson(message));

        await NextStreamAsync();
        Assert.NotNull(proxy.Find("a"));
        Assert.Equal(afterSync, proxy.HasSynced);
    }

    [Fact]
    public async Task Three_missed_heartbeats_end_the_stream_and_another_one_is_opened()
    {
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(_operator.Port, time: _time);
        Stream first = await NextStreamAsync();
        await first.SendAsync(Sync(1, Entry("a")));
        await Eventually.TrueAsync(() => proxy.HasSynced, "the snapshot is complete");

        // Heartbeats keep it alive, however much time passes in all.
        for (ulong i = 1; i <= 5; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(29));
            await first.SendAsync(new FeedMessage { Delta = new Delta { Sequence = i, Upserts = { Entry($"s{i}") } } });
            await Eventually.TrueAsync(() => proxy.Find($"s{i}") is not null, "the stream is alive");
        }
        Assert.Equal(0, proxy.Log.Count(2));

        Task<Stream> second = NextStreamAsync();
        await Eventually.CompletedAsync(second, _time, TimeSpan.FromSeconds(10));

        Assert.Contains("nothing came for 30 s", Assert.Single(proxy.Log.Lines, l => l.Id.Id == 2).Text, StringComparison.Ordinal);
        Assert.Equal(6, proxy.Table.Count);
    }

    [Fact]
    public async Task A_stream_that_follows_another_says_what_the_table_is()
    {
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(_operator.Port);
        Stream first = await NextStreamAsync();
        Assert.Null((await first.ReadAsync()).Hello.Have);
        await first.SendAsync(Sync(7, Entry("a"), Entry("b")));
        await first.SendAsync(new FeedMessage { Delta = new Delta { Sequence = 8, Removals = { new Removal { SessionId = "b", PodUid = "u" } }, Versions = new Versions { Sessions = 9, Pods = 1 } } });
        Assert.Equal(7UL, (await first.ReadAsync()).Applied.Sequence);
        Assert.Equal(8UL, (await first.ReadAsync()).Applied.Sequence);
        Assert.Null(proxy.Find("b"));
        first.End();

        Stream second = await NextStreamAsync();
        Hello hello = (await second.ReadAsync()).Hello;
        Assert.Equal(("e", 8UL, 1UL, Hash([Entry("a")])), (hello.Have.Epoch, hello.Have.Sequence, hello.Have.Count, hello.Have.Hash));
        Assert.Equal((9UL, 3UL), (hello.Minimum.Sessions, hello.Minimum.Pods));

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
        Stream stream = await NextStreamAsync();
        await stream.SendAsync(Sync(7, Entry("a")));
        await Eventually.TrueAsync(() => proxy.HasSynced, "the snapshot is complete");
        var part = new FeedMessage { Delta = new Delta { Sequence = 7, Upserts = { Entry("b") } } };
        if (where != "between the parts of a delta")
        {
            stream.End();
            stream = await NextStreamAsync();
        }
        await stream.SendAsync(where == "in a snapshot" ? Snapshot(Entry("b")) : part);
        await Eventually.TrueAsync(() => proxy.Find("b") is not null, "a part has come");
        stream.End();

        Stream next = await NextStreamAsync();
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
        Stream first = await NextStreamAsync();
        await first.SendAsync(noticed == "SyncComplete"
            ? [Snapshot(Entry("a")), Complete(1, Entry("a", "other"))]
            : [.. Sync(1, Entry("a")), Beat(1, Entry("a")), Beat(1, Entry("a", "other"))]);

        Stream second = await NextStreamAsync();
        Hello hello = (await second.ReadAsync()).Hello;
        Assert.Null(hello.Have);
        Assert.Equal(1, proxy.Log.Count(6));
        Assert.NotNull(proxy.Find("a"));
        await second.SendAsync(Sync(1, Entry("a", "other")));
        await Eventually.TrueAsync(() => proxy.Find("a")?.PodUid == "other", "the table is right");
    }

    [Fact]
    public async Task A_bad_entry_counts_in_the_hash_and_goes_when_it_is_removed()
    {
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(_operator.Port);
        Stream stream = await NextStreamAsync();
        await stream.SendAsync(Sync(1, Entry("a")));
        Entry bad = Entry("a", "next");
        bad.Port = 0;
        Entry worse = Entry("b");
        worse.Port = 0;
        await stream.SendAsync(
            new FeedMessage { Delta = new Delta { Sequence = 2, Upserts = { bad, worse, Entry("c") } } },
            Beat(2, bad, worse, Entry("c")),
            // Whose pod is another one now.
            new FeedMessage { Delta = new Delta { Sequence = 3, Removals = { new Removal { SessionId = "a", PodUid = "u" } } } },
            Beat(3, bad, worse, Entry("c")));
        await Eventually.TrueAsync(() => proxy.Find("c") is not null, "the delta is applied");
        Assert.Equal("u", proxy.Find("a")?.PodUid);

        await stream.SendAsync(
            new FeedMessage { Delta = new Delta { Sequence = 4, Removals = { new Removal { SessionId = "a", PodUid = "next" }, new Removal { SessionId = "b", PodUid = "u" } } } },
            Beat(4, Entry("c")));
        await Eventually.TrueAsync(() => proxy.Find("a") is null, "the session is gone, with the entry that was kept for it");
        Assert.Equal((0, 0), (proxy.Log.Count(2), proxy.Log.Count(6)));
    }

    [Fact]
    public async Task A_proxy_that_is_sent_away_comes_back_when_it_was_told_to()
    {
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(_operator.Port, time: _time);
        Stream first = await NextStreamAsync();
        await first.SendAsync(Sync(1, Entry("a")));
        await first.SendAsync(new FeedMessage { GoAway = new GoAway { Reason = GoAwayReason.ShuttingDown, RetryAfter = 5000 } });
        await Eventually.TrueAsync(() => proxy.Log.Count(5) == 1, "it was told");

        Task<Stream> second = NextStreamAsync();
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(second.IsCompleted);
        await Eventually.CompletedAsync(second, _time, TimeSpan.FromMilliseconds(100));

        // That is no outage.
        Assert.Equal(0, proxy.Log.Count(2));
    }

    [Fact]
    public async Task A_proxy_that_all_operators_are_behind_believes_them_after_two_minutes()
    {
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(_operator.Port, time: _time);
        Stream stream = await NextStreamAsync();
        await stream.SendAsync(Sync(100, Entry("a")));
        await Eventually.TrueAsync(() => proxy.HasSynced, "it has seen version 100");
        stream.End();
        DateTimeOffset started = _time.GetUtcNow();

        Hello hello;
        do
        {
            Task<Stream> next = NextStreamAsync();
            await Eventually.CompletedAsync(next, _time, TimeSpan.FromSeconds(1));
            hello = (await (await next).ReadAsync()).Hello;
            await (await next).SendAsync(new FeedMessage { GoAway = new GoAway { Reason = GoAwayReason.Behind } });
        }
        while (hello.Minimum.Sessions == 100);

        Assert.Equal(0UL, hello.Minimum.Sessions);
        Assert.InRange(_time.GetUtcNow() - started, TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(3));
        Assert.NotNull(proxy.Find("a"));
    }

    [Fact]
    public async Task An_outage_is_logged_once()
    {
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(_operator.Port, time: _time);
        for (int i = 0; i < 5; i++)
        {
            Task<Stream> next = NextStreamAsync();
            await Eventually.CompletedAsync(next, _time, TimeSpan.FromSeconds(1));
            (await next).End();
        }

        await Eventually.TrueAsync(() => proxy.Log.Count(3) >= 3, "the other attempts are for debugging only");
        Assert.Equal(1, proxy.Log.Count(2));
        Assert.False(proxy.HasSynced);
    }

    private static FeedMessage Snapshot(params Entry[] entries) => new() { Snapshot = new SnapshotChunk { Entries = { entries } } };

    private static FeedMessage Complete(ulong sequence, params Entry[] table) =>
        new() { SyncComplete = new SyncComplete { Epoch = "e", Sequence = sequence, Count = (ulong)table.Length, Hash = Hash(table), Versions = new Versions { Sessions = sequence, Pods = 3 } } };

    private static FeedMessage Beat(ulong sequence, params Entry[] table) =>
        new() { Heartbeat = new Heartbeat { Sequence = sequence, Count = (ulong)table.Length, Hash = Hash(table) } };

    private static ulong Hash(IEnumerable<Entry> table) => table.Aggregate(0UL, (sum, entry) => unchecked(sum + EntryHash.Of(entry)));

    // A stream that begins with all of this.
    private static FeedMessage[] Sync(ulong sequence, params Entry[] table) => [Snapshot(table), Complete(sequence, table)];

    private static Entry Entry(string sessionId, string podUid = "u")
    {
        bool hasPod = podUid.Length > 0;
        return new Entry
        {
            SessionId = sessionId,
            Namespace = "default",
            State = hasPod ? EndpointState.Ready : EndpointState.None,
            Access = Access.Enabled,
            PodName = hasPod ? "pod" : "",
            PodUid = podUid,
            PodIp = hasPod ? ByteString.CopyFrom(10, 0, 0, 1) : ByteString.Empty,
            Port = 2222,
            TargetUser = "claude",
            AuthorizedKeys = { ByteString.CopyFrom(SshPublicKey.ParseLine(Samples.Key).Blob.Span) },
        };
    }

    private async Task<Stream> NextStreamAsync() => await _streams.Reader.ReadAsync().AsTask().WaitAsync(Limit);

    /// <summary>One stream of the proxy, at the operator's end.</summary>
    private sealed class Stream(GrpcServerCall<ProxyMessage, FeedMessage> call)
    {
        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void End() => Ended.TrySetResult();

        public async Task<ProxyMessage> ReadAsync()
        {
            using var expiry = new CancellationTokenSource(Limit);
            return (await call.ReadAsync(expiry.Token))!;
        }

        public async Task SendAsync(params FeedMessage[] messages)
        {
            foreach (FeedMessage message in messages)
            {
                await call.WriteAsync(message);
            }
        }
    }
}
