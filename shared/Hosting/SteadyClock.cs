namespace SshGateway.Hosting;

/// <summary>
/// The time for durations: it goes on evenly when somebody sets the machine's clock. A time of it means nothing outside
/// of the process.
/// </summary>
public sealed class SteadyClock(TimeProvider time)
{
    private readonly DateTimeOffset _start = time.GetUtcNow();
    private readonly long _startedAt = time.GetTimestamp();

    public DateTimeOffset Now => _start + time.GetElapsedTime(_startedAt);
}
