namespace SshGateway.Ssh.Authentication;

/// <summary>Refusals come at one time after what they answer, so that the time does not tell why.</summary>
internal static class RefusalClock
{
    /// <param name="receivedAt">The timestamp of what is refused.</param>
    public static async Task WaitAsync(long receivedAt, TimeProvider time)
    {
        // Timers run on a coarse clock and may be some milliseconds early.
        while (AuthenticationLimits.RefusalTime - time.GetElapsedTime(receivedAt) is { Ticks: > 0 } rest)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(rest.TotalMilliseconds)), time).ConfigureAwait(false);
        }
    }
}
