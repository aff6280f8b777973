namespace SshGateway.Tests.Support;

/// <summary>What a piece of code allocates each time.</summary>
internal static class Allocations
{
    /// <summary>
    /// The least that <paramref name="work"/> allocates on this thread in five runs, in bytes. What is allocated there
    /// once, by the runtime perhaps, would be taken for it otherwise: 5,824 bytes were seen in CI, in 2,000 packets
    /// that allocate nothing.
    /// </summary>
    public static long Of(Action work) => Enumerable.Range(0, 5).Min(_ =>
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        work();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    });
}
