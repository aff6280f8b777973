namespace SshGateway.Proxy.Ssh.Transport;

/// <summary>
/// Where handshakes compute. Key agreement and signatures take 0.03 to 3 ms each: too long for the threads of the event loops, which move everybody's
/// packets. They have threads of their own, one for each core, as the thread pool's spin while they wait for the next (docs/performance.md). What awaits
/// a result goes on there, until it waits for a socket.
/// </summary>
internal static class CryptoScheduler
{
    private static readonly Queue<Action> Queue = new();
    private static readonly Thread[] Threads = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(StartThread)];

    /// <summary>Computes when its turn comes. Callers bound how many they have here: one for each connection.</summary>
    public static Task<T> RunAsync<T>(Func<T> compute)
    {
        var result = new TaskCompletionSource<T>();
        lock (Queue)
        {
            Queue.Enqueue(() => Complete(result, compute));
            Monitor.Pulse(Queue);
        }
        return result.Task;
    }

#pragma warning disable CA1031 // It is thrown where the result is awaited.
    private static void Complete<T>(TaskCompletionSource<T> result, Func<T> compute)
    {
        T value;
        try
        {
            value = compute();
        }
        catch (Exception failure)
        {
            result.SetException(failure);
            return;
        }
        result.SetResult(value);
    }
#pragma warning restore CA1031

    private static Thread StartThread(int number)
    {
        var thread = new Thread(Work) { IsBackground = true, Name = $"Handshakes {number}" };
        thread.Start();
        return thread;
    }

    private static void Work()
    {
        while (true)
        {
            Action? job;
            lock (Queue)
            {
                while (!Queue.TryDequeue(out job))
                {
                    Monitor.Wait(Queue);
                }
            }
            job();
        }
    }
}
