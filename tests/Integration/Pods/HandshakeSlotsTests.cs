using SshGateway.Proxy.Pods;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Integration.Pods;

public sealed class HandshakeSlotsTests
{
    [Fact]
    public async Task No_more_than_the_limit_are_in_and_the_next_follows_when_one_leaves()
    {
        var slots = new HandshakeSlots(perPod: 2);
        IDisposable first = await slots.AcquireAsync("uid", CancellationToken.None);
        IDisposable second = await slots.AcquireAsync("uid", CancellationToken.None);
        Task<IDisposable> third = slots.AcquireAsync("uid", CancellationToken.None);
        Task<IDisposable> fourth = slots.AcquireAsync("uid", CancellationToken.None);
        Assert.False(third.IsCompleted);
        // Another pod's logins do not wait for this one's.
        (await slots.AcquireAsync("other", CancellationToken.None).Limited()).Dispose();
        first.Dispose();
        (await third.Limited()).Dispose();
        (await fourth.Limited()).Dispose();
        second.Dispose();
    }

    [Fact]
    public async Task Whoever_gives_up_takes_no_place()
    {
        var slots = new HandshakeSlots(perPod: 1);
        IDisposable first = await slots.AcquireAsync("uid", CancellationToken.None);
        using var patience = new CancellationTokenSource();
        Task<IDisposable> impatient = slots.AcquireAsync("uid", patience.Token);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient.Limited());
        first.Dispose();
        (await slots.AcquireAsync("uid", CancellationToken.None).Limited()).Dispose();
    }

    [Fact]
    public async Task The_limit_holds_while_many_come_and_go()
    {
        var slots = new HandshakeSlots(perPod: 3);
        int inside = 0;
        int most = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, 4000), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, cancellation) =>
        {
            using IDisposable place = await slots.AcquireAsync($"uid-{i % 2}", cancellation);
            int now = Interlocked.Increment(ref inside);
            InterlockedMax(ref most, now);
            await Task.Yield();
            Interlocked.Decrement(ref inside);
        }).Limited();
        Assert.Equal(0, inside);
        // Three of each of the two pods.
        Assert.InRange(most, 1, 6);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref target)) < value && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
        }
    }
}
