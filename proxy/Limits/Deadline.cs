namespace SshGateway.Proxy.Limits;

/// <summary>A clock that can be set, set again and stopped, and acts once when it runs out.</summary>
internal sealed class Deadline : IDisposable
{
    private readonly ITimer _timer;

    public Deadline(TimeProvider time, Action onExpired) => _timer = time.CreateTimer(
        _ =>
        {
            Expired = true;
            onExpired();
        },
        null,
        Timeout.InfiniteTimeSpan,
        Timeout.InfiniteTimeSpan);

    public bool Expired { get; private set; }

    public void Set(TimeSpan after) => _timer.Change(after, Timeout.InfiniteTimeSpan);

    public void Stop() => _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void Dispose() => _timer.Dispose();
}
