using System.Threading.Channels;
using SshGateway.Hosting;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>
/// The objects that work waits for: each once, however often it was added, and never with two at work on it. What is
/// added while it is worked on comes again afterwards.
/// </summary>
internal sealed class WorkQueue : IDisposable
{
    // Timers do not reach further than some weeks; what is planned for later is looked at in between.
    private static readonly TimeSpan MaxSleep = TimeSpan.FromHours(1);

    private readonly SteadyClock _clock;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private readonly Channel<ObjectKey> _ready = Channel.CreateUnbounded<ObjectKey>();
    private readonly HashSet<ObjectKey> _waiting = [];
    private readonly HashSet<ObjectKey> _busy = [];
    private readonly Dictionary<ObjectKey, DateTimeOffset> _due = [];
    private readonly SortedSet<(DateTimeOffset Due, ObjectKey Key)> _plan = new(PlanOrder.Instance);

    public WorkQueue(TimeProvider time)
    {
        _clock = new SteadyClock(time);
        _timer = time.CreateTimer(_ => AddDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Add(ObjectKey key)
    {
        lock (_lock)
        {
            Enqueue(key);
        }
    }

    /// <summary>Adds it after a while. Of two times the earlier counts: who works on it then, plans anew.</summary>
    public void AddAfter(ObjectKey key, TimeSpan delay)
    {
        DateTimeOffset due = _clock.Now + delay;
        lock (_lock)
        {
            if (_due.TryGetValue(key, out DateTimeOffset planned))
            {
                if (planned <= due)
                {
                    return;
                }
                _plan.Remove((planned, key));
            }
            _due[key] = due;
            _plan.Add((due, key));
            SetTimer();
        }
    }

    /// <summary>The next one; it is busy until <see cref="Done"/>.</summary>
    public async ValueTask<ObjectKey> TakeAsync(CancellationToken cancellationToken)
    {
        ObjectKey key = await _ready.Reader.ReadAsync(cancellationToken);
        lock (_lock)
        {
            _waiting.Remove(key);
            _busy.Add(key);
        }
        return key;
    }

    public void Done(ObjectKey key)
    {
        lock (_lock)
        {
            _busy.Remove(key);
            if (_waiting.Contains(key))
            {
                _ready.Writer.TryWrite(key);
            }
        }
    }

    /// <summary>Forgets what was planned for it.</summary>
    public void Forget(ObjectKey key)
    {
        lock (_lock)
        {
            if (_due.Remove(key, out DateTimeOffset planned))
            {
                _plan.Remove((planned, key));
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Enqueue(ObjectKey key)
    {
        if (_waiting.Add(key) && !_busy.Contains(key))
        {
            _ready.Writer.TryWrite(key);
        }
    }

    private void AddDue()
    {
        lock (_lock)
        {
            DateTimeOffset now = _clock.Now;
            while (_plan.Count > 0 && _plan.Min is var (due, key) && due <= now)
            {
                _plan.Remove((due, key));
                _due.Remove(key);
                Enqueue(key);
            }
            SetTimer();
        }
    }

    private void SetTimer()
    {
        if (_plan.Count > 0)
        {
            TimeSpan left = _plan.Min.Due - _clock.Now;
            // Timers may fire a little early: the millisecond more keeps them from firing for nothing.
            left = left > TimeSpan.Zero ? left + TimeSpan.FromMilliseconds(1) : TimeSpan.Zero;
            _timer.Change(left < MaxSleep ? left : MaxSleep, Timeout.InfiniteTimeSpan);
        }
    }

    private sealed class PlanOrder : IComparer<(DateTimeOffset Due, ObjectKey Key)>
    {
        public static readonly PlanOrder Instance = new();

        public int Compare((DateTimeOffset Due, ObjectKey Key) x, (DateTimeOffset Due, ObjectKey Key) y)
        {
            int order = x.Due.CompareTo(y.Due);
            order = order != 0 ? order : string.CompareOrdinal(x.Key.Namespace, y.Key.Namespace);
            return order != 0 ? order : string.CompareOrdinal(x.Key.Name, y.Key.Name);
        }
    }
}
