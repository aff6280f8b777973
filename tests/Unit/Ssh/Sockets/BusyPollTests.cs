using SshGateway.Ssh.Sockets.Epoll;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.Sockets;

public sealed class BusyPollTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMicroseconds(100);
    private static readonly TimeSpan Short = TimeSpan.FromMicroseconds(60);
    private static readonly TimeSpan Long = TimeSpan.FromMilliseconds(5);

    private readonly BusyPoll _poll = new(Limit);

    [Fact]
    public void In_a_fast_dialogue_it_looks_in_each_wait()
    {
        Wait(Short, times: 8);
        Assert.Equal(100, Wait(Short, times: 100));
        Assert.Equal(0, _poll.Unrewarded);
    }

    [Fact]
    public void It_does_not_look_where_events_are_far_apart()
    {
        Wait(Short, times: 8);
        Wait(Long, times: 8);
        Assert.Equal(0, Wait(Long, times: 1000));
        Assert.InRange(_poll.Unrewarded, 1, 8);
    }

    [Fact]
    public void At_typing_speed_it_looks_for_the_answer_and_not_for_the_next_key()
    {
        for (int key = 0; key < 16; key++)
        {
            Wait(Short, times: 1);
            Wait(Long, times: 1);
        }
        long before = _poll.Unrewarded;
        for (int key = 0; key < 100; key++)
        {
            Assert.Equal(1, Wait(Short, times: 1));
            Assert.Equal(0, Wait(Long, times: 1));
        }
        Assert.Equal(before, _poll.Unrewarded);
    }

    [Fact]
    public void What_comes_a_little_too_late_is_seldom_looked_for()
    {
        Assert.InRange(Wait(Limit * 1.5, times: 1000), 1, 130);
    }

    [Fact]
    public void Neither_large_nor_small_reads_of_a_stream_are_looked_for()
    {
        foreach (int size in new[] { 1448, 64 * 1024 })
        {
            Wait(Short, times: 8);
            Wait(Short, times: 100, size);
            Assert.Equal(0, Wait(Short, times: 1000, size));
        }
    }

    [Fact]
    public void It_looks_again_soon_after_a_stream()
    {
        Wait(Short, times: 8);
        Wait(Short, times: 1000, moved: 256 * 1024);
        Wait(Short, times: 60);
        Assert.Equal(100, Wait(Short, times: 100));
    }

    [Fact]
    public void Without_time_it_never_looks()
    {
        var poll = new BusyPoll(TimeSpan.Zero);
        Assert.All(Enumerable.Range(0, 1000), _ => Assert.False(poll.IsInDialogue(moved: 1)));
    }

    // How often it looked.
    private int Wait(TimeSpan untilEvent, int times, long moved = 100)
    {
        int looks = 0;
        for (int time = 0; time < times; time++)
        {
            if (!_poll.IsInDialogue(moved))
            {
                continue;
            }
            bool? rewarded = _poll.IsDue ? untilEvent < Limit : null;
            looks += rewarded is null ? 0 : 1;
            _poll.Waited(untilEvent, rewarded);
        }
        return looks;
    }
}
