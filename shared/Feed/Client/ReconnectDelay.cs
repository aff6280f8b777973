namespace SshGateway.Feed.Client;

/// <summary>
/// How long to wait before the next attempt: a random time up to a ceiling that doubles from 0.2 s to 10 s (full
/// jitter), so that a thousand proxies do not come back to a restarted operator at once.
/// </summary>
internal sealed class ReconnectDelay(Random random)
{
    private static readonly TimeSpan MinCeiling = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxCeiling = TimeSpan.FromSeconds(10);

    private TimeSpan _ceiling = MinCeiling;

    /// <summary>The last attempt worked.</summary>
    public void Reset() => _ceiling = MinCeiling;

    public TimeSpan Next()
    {
        TimeSpan delay = _ceiling * random.NextDouble();
        _ceiling = _ceiling * 2 < MaxCeiling ? _ceiling * 2 : MaxCeiling;
        return delay;
    }
}
