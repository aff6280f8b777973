using SshGateway.Operator.Model;

namespace SshGateway.Operator.Table;

/// <summary>
/// session id → entry, as all streams send it. Every change of the table counts its sequence up by one. A stream
/// subscribes and gets what its proxy lacks under one lock, so no change falls between the two; nothing here waits for
/// a stream.
/// </summary>
internal sealed class EndpointTable
{
    /// <summary>Changes remembered for streams that were cut: minutes of a busy cluster, a few megabytes.</summary>
    public const int RememberedChanges = 16 * 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, TableEntry> _entries = new(StringComparer.Ordinal);
    private readonly List<TableSubscription> _subscriptions = [];
    private readonly TableHistory _history = new(RememberedChanges);
    private readonly TaskCompletionSource _filled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _stepped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _sequence;
    private ulong _hash;
    private ClusterVersions _versions;
    private string _epoch = NewEpoch();

    /// <summary>Somebody waits for these versions, which may be there: a quiet watch does not say so.</summary>
    public event Action<ClusterVersions>? CatchUpRequested;

    /// <summary>Whether the table is complete: everything that existed at start is in it.</summary>
    public bool IsFilled => _filled.Task.IsCompleted;

    /// <summary>Completes when the table is complete for the first time.</summary>
    public Task Filled => _filled.Task;

    /// <summary>How far the objects have been read that the table was made of.</summary>
    public ClusterVersions Versions
    {
        get
        {
            lock (_lock)
            {
                return _versions;
            }
        }
    }

    /// <summary>What the table is now.</summary>
    public TablePosition Position
    {
        get
        {
            lock (_lock)
            {
                return PositionLocked();
            }
        }
    }

    public int Count => (int)Position.Count;

    /// <summary>The last change's number.</summary>
    public ulong Sequence => Position.Sequence;

    /// <summary>One step of the table. The first one makes it complete.</summary>
    /// <param name="upserts">The entries that are new, or may be other than they were.</param>
    /// <param name="versions">How far the objects have been read with this.</param>
    /// <param name="startsEpoch">The versions do not compare with the earlier ones: streams must begin anew.</param>
    /// <returns>How many sessions changed, came or went.</returns>
    public int Apply(IReadOnlyCollection<TableEntry> upserts, IReadOnlyCollection<string> removals, ClusterVersions versions, bool startsEpoch = false)
    {
        lock (_lock)
        {
            int changed = 0;
            foreach (TableEntry entry in upserts)
            {
                TableEntry? previous = _entries.GetValueOrDefault(entry.SessionId);
                if (previous is null || !previous.IsSameAs(entry))
                {
                    _entries[entry.SessionId] = entry;
                    Mark(entry.SessionId, previous, entry);
                    changed++;
                }
            }
            foreach (string sessionId in removals)
            {
                if (_entries.Remove(sessionId, out TableEntry? previous))
                {
                    Mark(sessionId, previous, null);
                    changed++;
                }
            }
            _versions = versions;
            if (changed > 0 || startsEpoch)
            {
                _sequence++;
                _subscriptions.ForEach(s => s.Wake());
            }
            if (startsEpoch)
            {
                _epoch = NewEpoch();
                _history.Clear(_sequence);
            }
            _filled.TrySetResult();
            _stepped.SetResult();
            _stepped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return changed;
        }
    }

    /// <summary>A session's entry; null when it has none.</summary>
    public TableEntry? Find(string sessionId)
    {
        lock (_lock)
        {
            return _entries.GetValueOrDefault(sessionId);
        }
    }

    /// <summary>Waits until at least these versions have been read.</summary>
    public async Task ReachAsync(ClusterVersions minimum, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task step;
            lock (_lock)
            {
                if (_versions.HasReached(minimum))
                {
                    return;
                }
                step = _stepped.Task;
            }
            await step.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Has the source look whether these versions are there.</summary>
    public void RequestCatchUp(ClusterVersions minimum) => CatchUpRequested?.Invoke(minimum);

    /// <param name="have">What the proxy's table is; null: it wants everything.</param>
    public TableSubscription Subscribe(TablePosition? have = null)
    {
        lock (_lock)
        {
            TablePosition position = PositionLocked();
            var subscription = new TableSubscription(this, position, _versions);
            Dictionary<string, TableEntry?>? lacking = have is { } known && known.Epoch == _epoch && known.Sequence <= _sequence ? _history.FindChangedSince(known.Sequence) : null;
            if (lacking is not null)
            {
                foreach ((string sessionId, TableEntry? sent) in lacking)
                {
                    subscription.Mark(sessionId, sent, _entries.GetValueOrDefault(sessionId));
                }
            }
            else if (have is not { } same || (same.Count, same.Hash) != (position.Count, position.Hash))
            {
                subscription.Snapshot = [.. _entries.Values];
            }
            _subscriptions.Add(subscription);
            return subscription;
        }
    }

    internal void Unsubscribe(TableSubscription subscription)
    {
        lock (_lock)
        {
            _subscriptions.Remove(subscription);
        }
    }

    internal TableChanges Take(TableSubscription subscription)
    {
        lock (_lock)
        {
            return new TableChanges(subscription.TakePending(), PositionLocked(), _versions);
        }
    }

    // Names this run, and this history of the cluster: sequences of another one do not compare.
    private static string NewEpoch() => Guid.NewGuid().ToString("N");

    private TablePosition PositionLocked() => new(_epoch, _sequence, (ulong)_entries.Count, _hash);

    // The sequence is counted up once all changes of a step are marked.
    private void Mark(string sessionId, TableEntry? previous, TableEntry? latest)
    {
        _hash = unchecked(_hash - (previous?.Hash ?? 0) + (latest?.Hash ?? 0));
        _history.Add(_sequence + 1, sessionId, previous);
        foreach (TableSubscription subscription in _subscriptions)
        {
            subscription.Mark(sessionId, previous, latest);
        }
    }
}
