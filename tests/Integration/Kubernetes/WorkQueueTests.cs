using SshGateway.Operator.Kubernetes.Status;
using SshGateway.Operator.Model;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>The queue of the status writer, with time in the test's hands.</summary>
public sealed class WorkQueueTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly WorkQueue _queue;

    public WorkQueueTests() => _queue = new WorkQueue(_time);

    public void Dispose() => _queue.Dispose();

    [Fact]
    public async Task What_is_added_often_comes_once()
    {
        _queue.Add(Key("a"));
        _queue.Add(Key("b"));
        _queue.Add(Key("a"));
        Assert.Equal(["a", "b"], new[] { await TakeAsync(), await TakeAsync() });
        Assert.True(IsEmpty());
    }

    [Fact]
    public async Task What_is_added_while_it_is_worked_on_comes_again_when_that_is_done()
    {
        _queue.Add(Key("a"));
        await TakeAsync();
        _queue.Add(Key("a"));
        _queue.Add(Key("a"));
        Assert.True(IsEmpty());
        _queue.Done(Key("a"));
        Assert.Equal("a", await TakeAsync());
        _queue.Done(Key("a"));
        Assert.True(IsEmpty());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task A_clock_that_is_set_moves_nothing_that_is_planned(int hours)
    {
        _queue.AddAfter(Key("a"), TimeSpan.FromSeconds(10));
        _time.ClockSet = TimeSpan.FromHours(hours);
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.True(IsEmpty());
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("a", await TakeAsync());
    }

    [Fact]
    public async Task What_is_planned_comes_at_its_time_and_of_two_times_the_earlier_counts()
    {
        _queue.AddAfter(Key("a"), TimeSpan.FromSeconds(30));
        _queue.AddAfter(Key("a"), TimeSpan.FromSeconds(10));
        _queue.AddAfter(Key("a"), TimeSpan.FromSeconds(20));
        _queue.AddAfter(Key("b"), TimeSpan.FromDays(200));
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.True(IsEmpty());
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("a", await TakeAsync());
        _queue.Done(Key("a"));
        for (int hour = 0; hour < 199 * 24; hour++)
        {
            _time.Advance(TimeSpan.FromHours(1));
        }
        Assert.True(IsEmpty());
        for (int hour = 0; hour < 25; hour++)
        {
            _time.Advance(TimeSpan.FromHours(1));
        }
        Assert.Equal("b", await TakeAsync());
    }

    [Fact]
    public void What_is_forgotten_does_not_come()
    {
        _queue.AddAfter(Key("a"), TimeSpan.FromSeconds(1));
        _queue.Forget(Key("a"));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(IsEmpty());
    }

    private static ObjectKey Key(string name) => new(ClaudeSession.KindName, "default", name);

    private async Task<string> TakeAsync() => (await _queue.TakeAsync(CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(20))).Name;

    // A queue that has something gives it at once.
    private bool IsEmpty()
    {
        using var given = new CancellationTokenSource();
        ValueTask<ObjectKey> next = _queue.TakeAsync(given.Token);
        bool isEmpty = !next.IsCompleted;
        given.Cancel();
        return isEmpty;
    }
}
