namespace SshGateway.Proxy.Limits;

/// <summary>So many in each second of the clock, and no more.</summary>
internal sealed class RateLimit(int perSecond, TimeProvider time)
{
    private readonly Lock _lock = new();
    private long _second = -1;
    private int _taken;

    /// <summary>Takes one; false: this second has no more.</summary>
    public bool TryTake()
    {
        long now = time.GetTimestamp() / time.TimestampFrequency;
        lock (_lock)
        {
            if (now != _second)
            {
                (_second, _taken) = (now, 0);
            }
            if (_taken == perSecond)
            {
                return false;
            }
            _taken++;
            return true;
        }
    }
}
