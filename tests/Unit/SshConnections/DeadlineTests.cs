using SshGateway.Proxy.Limits;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.SshConnections;

public sealed class DeadlineTests
{
    [Fact]
    public async Task It_acts_once_when_it_runs_out()
    {
        int acted = 0;
        var done = new TaskCompletionSource();
        using var deadline = new Deadline(TimeProvider.System, () =>
        {
            acted++;
            done.TrySetResult();
        });
        Assert.False(deadline.Expired);
        deadline.Set(TimeSpan.FromHours(1));
        deadline.Set(TimeSpan.FromMilliseconds(1));
        await done.Task.Limited();
        Assert.True(deadline.Expired);
        Assert.Equal(1, acted);
    }

    [Fact]
    public void Until_it_is_set_and_once_it_is_stopped_no_timer_runs()
    {
        var time = new RecordedTime();
        using var deadline = new Deadline(time, () => { });
        Assert.Equal(Timeout.InfiniteTimeSpan, time.Due);
        deadline.Set(TimeSpan.FromSeconds(10));
        Assert.Equal(TimeSpan.FromSeconds(10), time.Due);
        deadline.Stop();
        Assert.Equal(Timeout.InfiniteTimeSpan, time.Due);
    }

    private sealed class RecordedTime : TimeProvider, ITimer
    {
        public TimeSpan Due { get; private set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Change(dueTime, period);
            return this;
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = dueTime;
            return true;
        }

        public void Dispose() => Due = Timeout.InfiniteTimeSpan;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
