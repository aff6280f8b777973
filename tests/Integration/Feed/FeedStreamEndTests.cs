using Grpc.Core;
using Microsoft.Extensions.Logging;
using SshGateway.Feed;
using SshGateway.Feed.Client;
using SshGateway.Tests.Support;
using Xunit;
using static SshGateway.Tests.Integration.Feed.FeedDialog;

namespace SshGateway.Tests.Integration.Feed;

/// <summary>Streams that are refused, and how the others end.</summary>
public sealed class FeedStreamEndTests : IAsyncLifetime
{
    private FeedDialog _feed = null!;

    public async Task InitializeAsync() => _feed = await StartAsync();

    public async Task DisposeAsync() => await _feed.DisposeAsync();

    [Fact]
    public async Task Nothing_is_sent_before_the_table_is_complete()
    {
        using OperatorStream call = await _feed.HelloAsync();
        Task<FeedMessage> reading = ReadAsync(call);

        var failure = await Assert.ThrowsAsync<RpcException>(() => Eventually.CompletedAsync(reading, _feed.Time, TimeSpan.FromSeconds(1)));

        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
    }

    [Fact]
    public async Task A_proxy_that_says_nothing_is_sent_away()
    {
        using OperatorStream call = _feed.Open();

        var failure = await Assert.ThrowsAsync<RpcException>(() => Eventually.CompletedAsync(ReadAsync(call), _feed.Time, TimeSpan.FromSeconds(1)));

        Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
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
        new ProxyMessage { Hello = new Hello { ProxyId = "a", Minimum = new Versions { Namespaces = { Enumerable.Range(0, 1001).Select(i => new NamespaceVersions { Namespace = $"{i}" }) } } } },
    }.Select(m => m.ToString())];

    [Theory]
    [MemberData(nameof(BadHellos))]
    public async Task A_stream_that_begins_wrongly_is_refused(string message)
    {
        _feed.Fill([]);
        using OperatorStream call = _feed.Open();
        await call.WriteAsync(ProxyMessage.Parser.ParseJson(message));

        var failure = await Assert.ThrowsAsync<RpcException>(() => ReadAsync(call));

        Assert.Equal(StatusCode.InvalidArgument, failure.StatusCode);
        Assert.Empty(_feed.Log.Lines);
    }

    [Fact]
    public async Task An_operator_that_ends_says_so()
    {
        _feed.Fill([Entry("a", "u1")]);
        using OperatorStream call = await _feed.SyncedAsync();

        Task ending = _feed.StopAsync();

        GoAway goAway = (await ReadAsync(call)).GoAway;
        Assert.Equal(GoAwayReason.ShuttingDown, goAway.Reason);
        Assert.InRange(goAway.RetryAfter, 0U, 1000U);
        await call.CompleteAsync();
        await ending;
    }

    // The library cancels the whole call with a write's token, and the proxy would never see the GoAway.
    [Fact]
    public async Task An_operator_that_ends_while_a_message_is_leaving_says_so_after_it()
    {
        _feed.Fill([.. Enumerable.Range(0, 100).Select(i => Entry($"s{i}", "u1", keyBytes: 256 * 1024))]);
        using OperatorStream call = await _feed.HelloAsync();
        Assert.NotNull((await ReadAsync(call)).Snapshot);

        // It has 25 MiB to send, and nobody reads.
        Task ending = _feed.StopAsync();
        FeedMessage last;
        do
        {
            last = await ReadAsync(call);
            Assert.Null(last.SyncComplete);
        }
        while (last.GoAway is null);

        Assert.Equal(GoAwayReason.ShuttingDown, last.GoAway.Reason);
        await call.CompleteAsync();
        await ending;
    }

    [Fact]
    public async Task When_the_cluster_was_put_back_every_stream_ends_and_the_next_has_another_epoch()
    {
        _feed.Fill([Entry("a", "u1")]);
        using OperatorStream call = await _feed.HelloAsync();
        await ReadAsync(call);
        string epoch = (await ReadAsync(call)).SyncComplete.Epoch;

        _feed.Table.Apply([], [], default, startsEpoch: true);

        Assert.Equal(GoAwayReason.NewEpoch, (await ReadAsync(call)).GoAway.Reason);
        await call.CompleteAsync();
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => ReadAsync(call))).StatusCode);
        using OperatorStream next = await _feed.HelloAsync();
        await ReadAsync(next);
        Assert.NotEqual(epoch, (await ReadAsync(next)).SyncComplete.Epoch);
    }

    [Fact]
    public async Task A_proxy_that_hangs_up_ends_its_stream_with_what_it_had_applied()
    {
        _feed.Fill([Entry("a", "u1")]);
        using (OperatorStream call = await _feed.SyncedAsync())
        {
            await call.WriteAsync(new ProxyMessage { Applied = new Applied { Sequence = 1 } });
            await call.CompleteAsync();
            Assert.Null(await call.ReadAsync());
        }
        Assert.EndsWith("(last applied sequence: 1)", Assert.Single(_feed.Log.Lines, l => l.Id.Id == 2).Text, StringComparison.Ordinal);
        using (await _feed.SyncedAsync())
        {
        }
        await Eventually.TrueAsync(() => _feed.Log.Count(2) == 2, "a stream that is reset ends as well");
    }
    [Fact]
    public async Task A_proxy_is_said_to_follow_the_feed_and_to_leave_it_once_although_it_reports_on_another_stream()
    {
        _feed.Fill([Entry("a", "u")]);
        using (OperatorStream reports = await _feed.HelloAsync(new Hello { ProxyId = "test", Version = "1", ReportsOnly = true }))
        {
            Assert.NotNull((await ReadAsync(reports)).Heartbeat);
            using (await _feed.SyncedAsync())
            {
            }
            await Eventually.TrueAsync(() => _feed.Log.Count(2) == 1, "the stream of the feed has ended");
        }
        await Eventually.TrueAsync(() => _feed.Log.Count(6) == 1, "the stream of the reports has ended");

        Assert.Equal([1, 2], _feed.Log.Lines.Where(l => l.Level >= LogLevel.Information).Select(l => l.Id.Id));
        Assert.Equal([5, 6], _feed.Log.Lines.Where(l => l.Level == LogLevel.Debug).Select(l => l.Id.Id));
    }
}
