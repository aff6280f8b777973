namespace SshGateway.Hosting;

/// <summary>A clock for durations, which setting the machine's clock does not change. For this process only.</summary>
internal sealed class SteadyClock(TimeProvider time)
{
    private readonly DateTimeOffset _start = time.GetUtcNow();
    private readonly long _startedAt = time.GetTimestamp();

    public DateTimeOffset Now => _start + time.GetElapsedTime(_startedAt);
}
