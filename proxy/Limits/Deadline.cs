namespace SshGateway.Proxy.Limits;

/// <summary>A clock that can be set and set again until it is stopped, and acts once when it runs out.</summary>
internal sealed class Deadline : IDisposable
{
    // Null once it is stopped: a session has no use for it, and may last for days.
    private ITimer? _timer;

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

    public void Set(TimeSpan after) => _timer?.Change(after, Timeout.InfiniteTimeSpan);

    public void Stop()
    {
        _timer?.Dispose();
        _timer = null;
    }

    public void Dispose() => Stop();
}
