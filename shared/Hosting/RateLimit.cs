namespace SshGateway.Hosting;

/// <summary>So many in each period, and no more. A clock that is set does not change when periods begin.</summary>
internal sealed class RateLimit(int count, TimeSpan period, TimeProvider time)
{
    private readonly long _ticks = (long)(period.TotalSeconds * time.TimestampFrequency);
    private readonly Lock _lock = new();
    private long _period = -1;
    private int _taken;

    /// <summary>Takes one; false: this period has no more.</summary>
    public bool TryTake()
    {
        long now = time.GetTimestamp() / _ticks;
        lock (_lock)
        {
            if (now != _period)
            {
                (_period, _taken) = (now, 0);
            }
            if (_taken == count)
            {
                return false;
            }
            _taken++;
            return true;
        }
    }
}
