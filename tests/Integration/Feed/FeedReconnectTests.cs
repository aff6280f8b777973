using SshGateway.Feed;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Feed;
using Xunit;
using static SshGateway.Tests.Integration.Feed.ScriptedOperator;

namespace SshGateway.Tests.Integration.Feed;

/// <summary>When a proxy leaves an operator, and when it comes back.</summary>
public sealed class FeedReconnectTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new();
    private ScriptedOperator _operator = null!;

    public async Task InitializeAsync() => _operator = await StartAsync();

    public async Task DisposeAsync() => await _operator.DisposeAsync();

    [Fact]
    public async Task Three_missed_heartbeats_end_the_stream_and_another_one_is_opened()
    {
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(_operator.Port, time: _time);
        ScriptedStream first = await _operator.NextStreamAsync();
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

        Task<ScriptedStream> second = _operator.NextStreamAsync();
        await Eventually.CompletedAsync(second, _time, TimeSpan.FromSeconds(10));

        Assert.Contains("nothing came for 30 s", Assert.Single(proxy.Log.Lines, l => l.Id.Id == 2).Text, StringComparison.Ordinal);
        Assert.Equal(6, proxy.Table.Count);
    }

    [Fact]
    public async Task A_proxy_that_is_sent_away_comes_back_when_it_was_told_to()
    {
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(_operator.Port, time: _time);
        ScriptedStream first = await _operator.NextStreamAsync();
        await first.SendAsync(Sync(1, Entry("a")));
        await first.SendAsync(new FeedMessage { GoAway = new GoAway { Reason = GoAwayReason.ShuttingDown, RetryAfter = 5000 } });
        await Eventually.TrueAsync(() => proxy.Log.Count(5) == 1, "it was told");

        Task<ScriptedStream> second = _operator.NextStreamAsync();
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
        ScriptedStream stream = await _operator.NextStreamAsync();
        await stream.SendAsync(Sync(100, Entry("a")));
        await Eventually.TrueAsync(() => proxy.HasSynced, "it has seen version 100");
        stream.End();
        DateTimeOffset started = _time.GetUtcNow();

        Hello hello;
        do
        {
            Task<ScriptedStream> next = _operator.NextStreamAsync();
            await Eventually.CompletedAsync(next, _time, TimeSpan.FromSeconds(1));
            hello = (await (await next).ReadAsync()).Hello;
            await (await next).SendAsync(new FeedMessage { GoAway = new GoAway { Reason = GoAwayReason.Behind } });
        }
        while (hello.Minimum.Equals(Read("ns", 100, 3)));

        Assert.Empty(hello.Minimum.Namespaces);
        Assert.InRange(_time.GetUtcNow() - started, TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(3));
        Assert.NotNull(proxy.Find("a"));
    }

    [Fact]
    public async Task An_outage_is_logged_once()
    {
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(_operator.Port, time: _time);
        for (int i = 0; i < 5; i++)
        {
            Task<ScriptedStream> next = _operator.NextStreamAsync();
            await Eventually.CompletedAsync(next, _time, TimeSpan.FromSeconds(1));
            (await next).End();
        }

        await Eventually.TrueAsync(() => proxy.Log.Count(3) >= 3, "the other attempts are for debugging only");
        Assert.Equal(1, proxy.Log.Count(2));
        Assert.False(proxy.HasSynced);
    }
}
