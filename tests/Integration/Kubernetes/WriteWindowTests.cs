using SshGateway.Operator.Kubernetes.Status;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

public sealed class WriteWindowTests
{
    private static readonly TimeSpan Fast = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(100);

    private readonly ManualTimeProvider _time = new();
    private readonly WriteWindow _window;

    public WriteWindowTests() => _window = new WriteWindow(_time);

    [Fact]
    public async Task Quick_answers_open_it_up_to_fifty_and_no_further()
    {
        await RoundsAsync(100, Fast);

        Assert.Equal(50, (await FillAsync()).Count);
    }

    [Fact]
    public async Task Slow_answers_close_it_down_to_two_and_quick_ones_open_it_again()
    {
        await RoundsAsync(100, Fast);
        await RoundsAsync(10, Slow);
        Assert.Equal(2, await RoundAsync(Slow));

        await RoundsAsync(20, Fast);

        Assert.InRange(await RoundAsync(Fast), 10, 40);
    }

    [Fact]
    public async Task The_slow_answers_of_one_moment_halve_it_once()
    {
        await RoundsAsync(100, Fast);

        Assert.Equal(50, await RoundAsync(Slow));

        Assert.Equal(25, await RoundAsync(Slow));
    }

    [Fact]
    public async Task A_server_that_is_far_away_is_not_a_busy_one()
    {
        await RoundsAsync(100, Slow);

        Assert.Equal(50, await RoundAsync(Slow));
    }

    [Fact]
    public async Task What_asks_the_server_nothing_takes_room_and_tells_nothing()
    {
        int before = (await FillAsync()).Count;
        for (int i = 0; i < before; i++)
        {
            _window.Release(null);
        }

        Assert.Equal(before, (await FillAsync()).Count);
    }

    [Fact]
    public async Task Whoever_waits_is_let_in_when_one_leaves_and_the_end_waits_for_all()
    {
        List<long> underWay = await FillAsync();
        Task waiting = _window.AcquireAsync(CancellationToken.None).AsTask();
        Assert.False(waiting.IsCompleted);
        _window.Release(null);
        await waiting.WaitAsync(TimeSpan.FromSeconds(30));

        Task ending = _window.DrainAsync();
        foreach (long _ in underWay.Skip(1))
        {
            _window.Release(null);
        }
        Assert.False(ending.IsCompleted);
        _window.Release(null);
        await ending.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private async Task RoundsAsync(int count, TimeSpan answer)
    {
        for (int i = 0; i < count; i++)
        {
            await RoundAsync(answer);
        }
    }

    /// <returns>How many were under way at once; each was answered after this time.</returns>
    private async Task<int> RoundAsync(TimeSpan answer)
    {
        List<long> started = await FillAsync();
        _time.Advance(answer);
        foreach (long at in started)
        {
            _window.Release(at);
        }
        return started.Count;
    }

    // Until there is no room.
    private async Task<List<long>> FillAsync()
    {
        var started = new List<long>();
        using var cancellation = new CancellationTokenSource();
        while (true)
        {
            ValueTask entering = _window.AcquireAsync(cancellation.Token);
            if (!entering.IsCompleted)
            {
                await cancellation.CancelAsync();
                await entering.AsTask().ContinueWith(_ => { }, TaskScheduler.Default);
                return started;
            }
            await entering;
            started.Add(_time.GetTimestamp());
        }
    }
}
