using System.Diagnostics;
using Xunit;

namespace SshGateway.Tests.Support;

/// <summary>
/// Waits for what no event tells, such as another process's state, with a deadline that only a failure meets.
/// </summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    public static Task TrueAsync(Func<bool> condition, string expectation) => TrueAsync(condition, Deadline, () => expectation);

    public static Task TrueAsync(Func<bool> condition, TimeSpan deadline, Func<string> otherwise) =>
        TrueAsync(() => Task.FromResult(condition()), deadline, otherwise);

    public static Task TrueAsync(Func<Task<bool>> condition, string expectation) => TrueAsync(condition, Deadline, () => expectation);

    public static Task TrueAsync(Func<Task<bool>> condition, Func<string> otherwise) => TrueAsync(condition, Deadline, otherwise);

    public static async Task TrueAsync(Func<Task<bool>> condition, TimeSpan deadline, Func<string> otherwise)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(clock.Elapsed < deadline, $"Not within {deadline.TotalSeconds} s: {otherwise()}");
            await Task.Delay(Interval);
        }
    }

    /// <summary>Looks again and again, for so long, at what must not happen.</summary>
    public static async Task NeverAsync(Func<Task<bool>> condition, TimeSpan during, string failure)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (clock.Elapsed < during)
        {
            Assert.False(await condition(), failure);
            await Task.Delay(Interval);
        }
    }

    /// <summary>
    /// Lets time pass in steps until the task is done: for limits that begin at a moment that cannot be seen.
    /// </summary>
    public static async Task CompletedAsync(Task task, ManualTimeProvider time, TimeSpan step)
    {
        using var expiry = new CancellationTokenSource(Deadline);
        while (await Task.WhenAny(task, Task.Delay(20)) != task)
        {
            Assert.False(expiry.IsCancellationRequested, "the task does not end, however much time passes");
            time.Advance(step);
        }
        await task;
    }
}
