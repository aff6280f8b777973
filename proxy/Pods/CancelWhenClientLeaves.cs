using SshGateway.Proxy.Outcomes;

namespace SshGateway.Proxy.Pods;

/// <summary>What is done for a client that can only wait, for as long as it does.</summary>
internal static class CancelWhenClientLeaves
{
    /// <summary>Does the work, and gives it up when the client leaves.</summary>
    /// <param name="work">Ends soon when it is cancelled. What comes of it in spite of that is disposed.</param>
    /// <param name="watch">Throws when the client has left, or does what it must not; ends when it is
    /// cancelled.</param>
    /// <exception cref="Exception">What watch threw; if it did not, what work threw.</exception>
    public static async Task<Result<T>> RunAsync<T>(Func<CancellationToken, Task<Result<T>>> work, Func<CancellationToken, Task> watch)
        where T : class
    {
        using var over = new CancellationTokenSource();
        Task<Result<T>> working = work(over.Token);
        Task watching = watch(over.Token);
        await Task.WhenAny(working, watching).ConfigureAwait(false);
        // Not by CancelAsync, which takes the thread pool to it, at every login.
        over.Cancel();
        await ((Task)Task.WhenAll(working, watching)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!watching.IsCompletedSuccessfully)
        {
            if (working.IsCompletedSuccessfully)
            {
                await DisposeAsync((await working.ConfigureAwait(false)).Value).ConfigureAwait(false);
            }
            await watching.ConfigureAwait(false);
        }
        return await working.ConfigureAwait(false);
    }

    private static async ValueTask DisposeAsync(object? unwanted)
    {
        if (unwanted is IAsyncDisposable asynchronous)
        {
            await asynchronous.DisposeAsync().ConfigureAwait(false);
        }
        else
        {
            (unwanted as IDisposable)?.Dispose();
        }
    }
}
