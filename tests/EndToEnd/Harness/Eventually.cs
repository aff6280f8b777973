using System.Diagnostics;

namespace SshGateway.Tests.EndToEnd.Harness;

/// <summary>Polls other processes' state, which sends no events, until it is as expected or a deadline passes.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    public static Task TrueAsync(Func<bool> condition, TimeSpan deadline, Func<string> otherwise) =>
        TrueAsync(() => Task.FromResult(condition()), deadline, otherwise);

    public static async Task TrueAsync(Func<Task<bool>> condition, TimeSpan deadline, Func<string> otherwise)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(clock.Elapsed < deadline, $"Not within {deadline.TotalSeconds} s: {otherwise()}");
            await Task.Delay(Interval);
        }
    }
}
