namespace SshGateway.Proxy.Ssh.Transport;

/// <summary>
/// Where handshakes compute. Key agreement and signatures take 0.03 to 3 ms each: too long for the socket engine's threads, which
/// move everybody's packets, so they run on the thread pool, at most one per core at a time.
/// </summary>
internal static class CryptoScheduler
{
    private static readonly SemaphoreSlim Places = new(Environment.ProcessorCount);

    public static async Task<T> RunAsync<T>(Func<T> compute)
    {
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
