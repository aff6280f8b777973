using Xunit;

namespace SshGateway.Tests.Support;

/// <summary>Waits for what no event tells, with a deadline that only a failure meets.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    public static Task TrueAsync(Func<bool> condition, string expectation) => TrueAsync(() => Task.FromResult(condition()), expectation);

    public static Task TrueAsync(Func<Task<bool>> condition, string expectation) => TrueAsync(condition, () => expectation);

    public static async Task TrueAsync(Func<Task<bool>> condition, Func<string> expectation)
    {
        using var expiry = new CancellationTokenSource(Deadline);
        while (!await condition())
        {
            Assert.False(expiry.IsCancellationRequested, $"not within {Deadline.TotalSeconds} s: {expectation()}");
            await Task.Delay(5);
        }
    }

    /// <summary>Lets time pass in steps until the task is done: for limits that begin at a moment that cannot be seen.</summary>
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
