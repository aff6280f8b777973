using SshGateway.Operator.Kubernetes.Watching;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>
/// How many writes may be under way. Status is the least urgent thing that is asked of the API server, and each write
/// costs it more than a pod's change does:
/// where answers become slow, the table's watches wait behind our own writes. So the window follows the answers, as
/// TCP's does the network's (RFC 5681 section 3.1): a slow one halves it, each good one lets it grow again.
/// </summary>
internal sealed class WriteWindow(TimeProvider time)
{
    public const int Min = 2;
    public const int Max = 50;

    // Slow is what takes longer than this beyond so many times the fastest answer ever: a far-away server is not a busy
    // one.
    private const int FastestTimes = 4;
    private static readonly TimeSpan Queueing = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();
    private readonly ChangeSignal _released = new();
    private TimeSpan _fastest = TimeSpan.MaxValue;
    private double _window = 10;
    private long _halvedAt;
    private int _underWay;

    /// <summary>Waits for room. There is one waiter at a time.</summary>
    public async ValueTask AcquireAsync(CancellationToken cancellationToken)
    {
        while (!TryAcquire())
        {
            await _released.WaitAsync(cancellationToken);
        }
    }

    /// <summary>One is done.</summary>
    /// <param name="startedAt">When the API server was asked, by the clock's timestamp; null: it was not.</param>
    public void Release(long? startedAt)
    {
        lock (_lock)
        {
            _underWay--;
            if (startedAt is { } started)
            {
                Adjust(started, time.GetElapsedTime(started));
            }
        }
        _released.Set();
    }

    /// <summary>Waits until none is under way.</summary>
    public async Task DrainAsync()
    {
        while (true)
        {
            lock (_lock)
            {
                if (_underWay == 0)
                {
                    return;
                }
            }
            await _released.WaitAsync(CancellationToken.None);
        }
    }

    private bool TryAcquire()
    {
        lock (_lock)
        {
            bool hasRoom = _underWay < (int)_window;
            _underWay += hasRoom ? 1 : 0;
            return hasRoom;
        }
    }

    private void Adjust(long started, TimeSpan took)
    {
        _fastest = took < _fastest ? took : _fastest;
        if (took <= Queueing + (_fastest * FastestTimes))
        {
            _window = Math.Min(Max, _window + (1 / _window));
        }
        // Those that were under way already tell nothing of the window since.
        else if (started >= _halvedAt)
        {
            _window = Math.Max(Min, _window / 2);
            _halvedAt = time.GetTimestamp();
        }
    }
}
