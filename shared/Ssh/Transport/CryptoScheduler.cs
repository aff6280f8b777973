using SshGateway.Ssh.Sockets;

namespace SshGateway.Ssh.Transport;

/// <summary>
/// Where handshakes compute. Key agreement and signatures take 0.05 to 20 ms each. What takes no longer than a pump's
/// turn is computed where its leg's events come from, in a turn of its own: no thread has to be woken for it, or for
/// what follows. What takes longer would keep everybody's packets waiting there, so it is computed on the thread pool,
/// at most one per core at a time.
/// </summary>
internal static class CryptoScheduler
{
    private static readonly SemaphoreSlim Places = new(Environment.ProcessorCount);

    /// <param name="isQuick">Whether all that is computed is.</param>
    /// <param name="compute">What is to be computed.</param>
    public static async Task<T> RunAsync<T>(IEventLoop loop, bool isQuick, Func<T> compute)
    {
        if (isQuick)
        {
            await loop.YieldAsync(LoopPriority.Handshake);
            return compute();
        }
        await Places.WaitAsync().ConfigureAwait(false);
        try
        {
            return await Task.Run(compute).ConfigureAwait(false);
        }
        finally
        {
            Places.Release();
        }
    }
}
