using CsCheck;
using SshGateway.Exec.Channels;
using Xunit;

namespace SshGateway.Tests.Unit.Exec;

/// <summary>The windows of a channel against RFC 4254 section 5.2, whatever happens on both sides.</summary>
public sealed class WindowTests
{
    private const int Size = 1000;

    // The client sends (positive) or the process takes (negative).
    private static readonly Gen<int[]> Moves = Gen.Int[-400, 400].Array[0, 200];

    [Fact]
    public void A_client_may_send_what_it_was_granted_and_never_more() => Moves.Sample(moves =>
    {
        var window = new ReceiveWindow(Size);
        long granted = Size;
        long received = 0;
        long taken = 0;
        foreach (int move in moves)
        {
            if (move >= 0)
            {
                bool fits = received + move <= granted;
                Assert.Equal(fits, window.TryReceive(move));
                received += fits ? move : 0;
                continue;
            }
            int count = (int)Math.Min(-move, received - taken);
            taken += count;
            granted += window.Take(count);
            // It never grows beyond what was taken: what waits in the channel stays within its size.
            Assert.InRange(granted, received, Size + taken);
        }
        granted += window.Take((int)(received - taken));
        // Nor does it dry up when everything was taken.
        Assert.InRange(granted - received, Size * 3 / 4, Size);
    });

    [Fact]
    public void Inserted_bytes_do_not_become_a_part_of_the_window() => Moves.Sample(moves =>
    {
        var window = new ReceiveWindow(Size);
        long granted = Size;
        long received = 0;
        long inserted = 0;
        long taken = 0;
        foreach (int move in moves)
        {
            if (move > 200)
            {
                inserted += window.TryInsert() ? 1 : 0;
            }
            else if (move >= 0)
            {
                received += window.TryReceive(move) ? move : 0;
            }
            else
            {
                int count = (int)Math.Min(-move, received + inserted - taken);
                taken += count;
                granted += window.Take(count);
            }
            Assert.InRange(granted, received, Size + received);
        }
        granted += window.Take((int)(received + inserted - taken));
        Assert.InRange(granted - received, Size * 3 / 4, Size);
    });

    [Fact]
    public void Few_bytes_are_inserted()
    {
        var window = new ReceiveWindow(Size);
        for (int i = 0; i < ChannelLimits.MaxInserted; i++)
        {
            Assert.True(window.TryInsert());
        }
        Assert.False(window.TryInsert());
        window.Take(1);
        Assert.True(window.TryInsert());
    }

    // The client adds (positive) or we send (negative).
    [Fact]
    public void We_send_what_the_client_takes_and_never_more() => Gen.Select(Gen.UInt[0, 300], Moves).Sample((initial, moves) =>
    {
        var window = new SendWindow(initial);
        long open = initial;
        foreach (int move in moves)
        {
            Task waiting = window.WaitAsync(CancellationToken.None);
            Assert.Equal(open > 0, waiting.IsCompleted);
            if (move >= 0)
            {
                Assert.True(window.TryAdd((uint)move));
                open += move;
                continue;
            }
            long taken = window.Take(-move);
            Assert.Equal(Math.Min(-move, open), taken);
            open -= taken;
        }
    });

    [Fact]
    public async Task A_sender_that_waits_goes_on_when_the_client_takes_more()
    {
        var window = new SendWindow(0);
        Task waiting = window.WaitAsync(CancellationToken.None);
        Assert.True(window.TryAdd(0));
        Assert.False(waiting.IsCompleted);
        Assert.True(window.TryAdd(5));
        await waiting.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(5, window.Take(9));
    }

    [Theory]
    [InlineData(0u, uint.MaxValue, true)]
    [InlineData(1u, uint.MaxValue, false)]
    [InlineData(uint.MaxValue, 1u, false)]
    public void A_window_has_32_bits(uint initial, uint added, bool fits) => Assert.Equal(fits, new SendWindow(initial).TryAdd(added));

    [Fact]
    public void Many_channels_have_small_windows()
    {
        var budget = new WindowBudget();
        int[] sizes = [.. Enumerable.Range(0, 100).Select(_ => budget.Take())];
        Assert.Equal(16, sizes.Count(size => size == ChannelLimits.Window));
        Assert.Equal(84, sizes.Count(size => size == ChannelLimits.SmallWindow));
        foreach (int size in sizes)
        {
            budget.Return(size);
        }
        Assert.Equal(ChannelLimits.Window, budget.Take());
    }
}
