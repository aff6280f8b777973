using Grpc.Core;
using SshGateway.Feed;
using SshGateway.Feed.Client;
using SshGateway.Operator.Model;
using SshGateway.Tests.Support;
using Xunit;
using static SshGateway.Tests.Integration.Feed.FeedDialog;

namespace SshGateway.Tests.Integration.Feed;

/// <summary>No operator takes a proxy back in time.</summary>
public sealed class FeedVersionTests : IAsyncLifetime
{
    private const string All = "";

    private FeedDialog _feed = null!;

    public async Task InitializeAsync() => _feed = await StartAsync();

    public async Task DisposeAsync() => await _feed.DisposeAsync();

    [Fact]
    public async Task A_replica_that_is_behind_waits_until_it_has_caught_up()
    {
        _feed.Fill([Entry("a", "u1")], Read("quiet", 10, 10), Read("busy", 100, 50));
        using OperatorStream call = await _feed.HelloAsync(null, Seen("busy", 101, 50), Seen("quiet", 10, 10));
        Task<FeedMessage> reading = ReadAsync(call);
        _feed.Fill([Entry("a", "u2")], Read("quiet", 101, 60), Read("busy", 100, 60));
        Assert.False(reading.IsCompleted);

        _feed.Fill([Entry("a", "u3")], Read("quiet", 101, 60), Read("busy", 101, 60));

        SnapshotChunk snapshot = (await reading).Snapshot;
        Assert.Equal("u3", snapshot.Entries[0].PodUid);
        Assert.Equal([Seen("quiet", 101, 60), Seen("busy", 101, 60)], snapshot.Versions.Namespaces);
    }

    [Theory]
    // The busier namespace alone: the least of all versions is the same.
    [InlineData("a", 10, 10, "b", 101, 50, "b: sessions 100 of 101, pods 50 of 50")]
    [InlineData("a", 10, 10, "b", 100, 51, "b: sessions 100 of 100, pods 50 of 51")]
    // The operators from before read all namespaces as one: what they saw may have been in any.
    [InlineData(All, 100, 50, "b", 100, 50, "a: sessions 10 of 100, pods 10 of 50")]
    public async Task A_replica_that_stays_behind_sends_the_proxy_to_another_one(string one, ulong sessions, ulong pods, string other, ulong otherSessions, ulong otherPods, string lacking)
    {
        _feed.Fill([Entry("a", "u1")], Read("a", 10, 10), Read("b", 100, 50));
        using OperatorStream call = await _feed.HelloAsync(null, Seen(one, sessions, pods), Seen(other, otherSessions, otherPods));

        Task<FeedMessage> reading = ReadAsync(call);
        await Eventually.CompletedAsync(reading, _feed.Time, TimeSpan.FromSeconds(1));

        Assert.Equal(GoAwayReason.Behind, (await reading).GoAway.Reason);
        await call.CompleteAsync();
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => ReadAsync(call))).StatusCode);
        Assert.Contains($"({lacking})", Assert.Single(_feed.Log.Lines, l => l.Id.Id == 4).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replica_that_has_not_seen_a_key_go_waits_until_it_has()
    {
        _feed.Fill([Entry("a", "u1")], Read("a", 10, 10) with { ConfigMaps = 10, Secrets = 10 });
        NamespaceVersions seen = Seen("a", 10, 10);
        (seen.ConfigMaps, seen.Secrets) = (11, 12);
        using OperatorStream call = await _feed.HelloAsync(null, seen);
        Task<FeedMessage> reading = ReadAsync(call);
        _feed.Fill([Entry("a", "u2")], Read("a", 11, 11) with { ConfigMaps = 11, Secrets = 11 });
        Assert.False(reading.IsCompleted);

        _feed.Fill([Entry("a", "u3")], Read("a", 11, 11) with { ConfigMaps = 11, Secrets = 12 });

        SnapshotChunk snapshot = (await reading).Snapshot;
        Assert.Equal("u3", snapshot.Entries[0].PodUid);
        Assert.Equal((11UL, 12UL), (snapshot.Versions.Namespaces[0].ConfigMaps, snapshot.Versions.Namespaces[0].Secrets));
    }

    [Fact]
    public async Task An_operator_that_reads_all_namespaces_as_one_must_have_reached_the_highest_of_each_kind()
    {
        _feed.Fill([Entry("a", "u1")], Read(All, 100, 50));
        using OperatorStream call = await _feed.HelloAsync(null, Seen("a", 101, 50), Seen("b", 10, 10));

        Task<FeedMessage> reading = ReadAsync(call);
        Assert.False(reading.IsCompleted);
        _feed.Fill([Entry("a", "u2")], Read(All, 101, 50));

        Assert.Equal("u2", (await reading).Snapshot.Entries[0].PodUid);
    }

    public static TheoryData<string> NotBehind => [.. new[]
    {
        // Nothing was seen of the operator's other namespace.
        new Versions { Namespaces = { Seen("b", 100, 50) } },
        // The operator does not read what was seen.
        new Versions { Namespaces = { Seen("a", 10, 10), Seen("b", 100, 50), Seen("c", 900, 900) } },
        // Without a version there is nothing to compare.
        new Versions { Namespaces = { Seen("a", 0, 10), Seen("b", 100, 0), Seen("versionless", 900, 900) } },
        new Versions { Namespaces = { Seen(All, 10, 10) } },
        new Versions(),
    }.Select(v => v.ToString())];

    [Theory]
    [MemberData(nameof(NotBehind))]
    public async Task An_operator_is_not_behind_in_what_it_does_not_read_and_what_was_not_seen(string seen)
    {
        _feed.Fill([Entry("a", "u1")], Read("a", 10, 10), Read("b", 100, 50), Read("versionless", 0, 0));
        using OperatorStream call = await _feed.HelloAsync(null, [.. Versions.Parser.ParseJson(seen).Namespaces]);

        Assert.NotNull((await ReadAsync(call)).Snapshot);
    }

    [Fact]
    public async Task An_operator_without_versions_is_never_behind()
    {
        _feed.Fill([Entry("a", "u1")]);
        using OperatorStream call = await _feed.HelloAsync(null, Seen("a", 5, 5), Seen(All, 5, 5));

        Assert.NotNull((await ReadAsync(call)).Snapshot);
    }

    [Fact]
    public async Task A_delta_names_the_namespaces_that_were_read_further_and_the_next_SyncComplete_all()
    {
        _feed.Fill([], Read("a", 1, 1), Read("b", 1, 1));
        using (OperatorStream call = await _feed.HelloAsync())
        {
            SyncComplete complete = await SyncAsync(call);
            Assert.Equal([Seen("a", 1, 1), Seen("b", 1, 1)], complete.Versions.Namespaces);
            foreach (ulong version in new ulong[] { 2, 3 })
            {
                _feed.Fill([Entry("s", $"{version}")], Read("a", 1, 1), Read("b", version, 1));
                Task<FeedMessage> reading = ReadAsync(call);
                await Eventually.CompletedAsync(reading, _feed.Time, TimeSpan.FromMilliseconds(20));
                Assert.Equal([Seen("b", version, 1)], (await reading).Delta.Versions.Namespaces);
            }
        }
        using (OperatorStream call = await _feed.HelloAsync())
        {
            Assert.Equal([Seen("a", 1, 1), Seen("b", 3, 1)], (await SyncAsync(call)).Versions.Namespaces);
        }
    }

    [Fact]
    public async Task While_a_proxy_waits_the_source_is_asked_again_and_again_and_then_no_more()
    {
        var asked = new List<ulong>();
        _feed.Table.CatchUpRequested += minimum => asked.Add(minimum.Find("a").Sessions);
        _feed.Fill([Entry("a", "u1")], Read("a", 10, 10));
        using OperatorStream call = await _feed.HelloAsync(null, Seen("a", 11, 10));
        Task<FeedMessage> reading = ReadAsync(call);
        await Eventually.CompletedAsync(Eventually.TrueAsync(() => asked.Count >= 2, "it is asked"), _feed.Time, TimeSpan.FromSeconds(1));

        _feed.Fill([Entry("a", "u2")], Read("a", 11, 10));
        Assert.NotNull((await reading).Snapshot);
        asked.Clear();
        _feed.Time.Advance(TimeSpan.FromSeconds(5));

        Assert.Empty(asked);
    }

    private static ReadVersions Read(string ofNamespace, ulong sessions, ulong pods) => new(ofNamespace, sessions, pods);

    private static NamespaceVersions Seen(string ofNamespace, ulong sessions, ulong pods) => new() { Namespace = ofNamespace, Sessions = sessions, Pods = pods };
}
