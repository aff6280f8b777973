namespace SshGateway.Operator.Kubernetes.Watching;

/// <summary>The pause after a failure at the API server: 0.8 s, doubling up to a maximum, with jitter.</summary>
/// <param name="max">The maximum; null: 30 s.</param>
internal sealed class Backoff(TimeProvider time, Random random, TimeSpan? max = null)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(800);
    private static readonly TimeSpan HealthyTime = TimeSpan.FromMinutes(2);

    private readonly TimeSpan _max = max ?? TimeSpan.FromSeconds(30);
    private TimeSpan _next = First;
    private long? _lastFailure;

    /// <param name="atLeast">What the server asked for.</param>
    public TimeSpan Next(TimeSpan? atLeast)
    {
        if (_lastFailure is { } last && time.GetElapsedTime(last) > HealthyTime + _next)
        {
            _next = First;
        }
        // Between half of it and all of it, so that many clients of one server that restarted do not come back at once.
        TimeSpan delay = _next * (0.5 + (random.NextDouble() / 2));
        _next = _next * 2 < _max ? _next * 2 : _max;
        _lastFailure = time.GetTimestamp();
        return atLeast > delay ? atLeast.Value : delay;
    }
}
