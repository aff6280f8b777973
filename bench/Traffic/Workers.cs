namespace SshGateway.Bench.Traffic;

/// <summary>Work that several do at a time, one for each light or raw session.</summary>
internal static class Workers
{
    /// <summary>Does it this many times, with the number of the time and of the worker.</summary>
    public static Task DoAsync(int times, Func<int, int, Task> work, int workers = TestSessions.Each)
    {
        int next = -1;
        return Task.WhenAll(Enumerable.Range(0, workers).Select(worker => Task.Run(async () =>
        {
            for (int time = Interlocked.Increment(ref next); time < times; time = Interlocked.Increment(ref next))
            {
                await work(time, worker);
            }
        })));
    }
}
