using SshGateway.Ssh.Sockets.Epoll;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.Sockets;

public sealed class BusyPollTests
{
    [Fact]
    public void It_goes_on_while_it_is_rewarded()
    {
        var poll = new BusyPoll(TimeSpan.FromMicroseconds(100));
        for (int wait = 0; wait < 1000; wait++)
        {
            Assert.True(poll.IsDue());
            poll.Ended(rewarded: true);
        }
    }

    [Fact]
    public void In_vain_it_pauses_longer_and_longer_and_a_reward_makes_up_for_all()
    {
        var poll = new BusyPoll(TimeSpan.FromMicroseconds(100));
        Assert.True(poll.IsDue());
        int[] pauses = [.. Enumerable.Range(0, 11).Select(_ => PauseAfterFailure(poll))];
        Assert.Equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 256, 256], pauses);
        poll.Ended(rewarded: true);
        Assert.True(poll.IsDue());
        Assert.Equal(1, PauseAfterFailure(poll));
    }

    [Fact]
    public void Without_time_it_is_never_due()
    {
        var poll = new BusyPoll(TimeSpan.Zero);
        Assert.All(Enumerable.Range(0, 1000), _ => Assert.False(poll.IsDue()));
    }

    // Waits until the next attempt is due.
    private static int PauseAfterFailure(BusyPoll poll)
    {
        poll.Ended(rewarded: false);
        int pause = 0;
        while (!poll.IsDue())
        {
            pause++;
        }
        return pause;
    }
}
