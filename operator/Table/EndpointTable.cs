namespace SshGateway.Operator.Table;

/// <summary>
/// session id → entry, as all streams send it. Every change of the table counts its sequence up by one. A stream
/// subscribes and gets its snapshot under one lock, so no change falls between the two; nothing here waits for a stream.
/// </summary>
internal sealed class EndpointTable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, TableEntry> _entries = new(StringComparer.Ordinal);
    private readonly List<TableSubscription> _subscriptions = [];
    private readonly TaskCompletionSource _filled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _sequence;

    /// <summary>Names this run: sequences of another one do not compare.</summary>
    public string Epoch { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Whether the table is complete: everything that existed at start is in it.</summary>
    public bool IsFilled => _filled.Task.IsCompleted;

    /// <summary>Completes when the table is complete for the first time.</summary>
    public Task Filled => _filled.Task;

    /// <summary>Makes these the table's entries and tells every stream what changed.</summary>
    /// <returns>How many sessions changed, came or went.</returns>
    public int Replace(IReadOnlyCollection<TableEntry> entries)
    {
        lock (_lock)
        {
            int changed = 0;
            HashSet<string> gone = [.. _entries.Keys];
            foreach (TableEntry entry in entries)
            {
                gone.Remove(entry.SessionId);
                TableEntry? previous = _entries.GetValueOrDefault(entry.SessionId);
                if (previous is null || !previous.IsSameAs(entry))
                {
                    _entries[entry.SessionId] = entry;
                    Mark(entry.SessionId, previous, entry);
                    changed++;
                }
            }
            foreach (string sessionId in gone)
            {
                _entries.Remove(sessionId, out TableEntry? previous);
                Mark(sessionId, previous, null);
                changed++;
            }
            if (changed > 0)
            {
                _sequence++;
                _subscriptions.ForEach(s => s.Wake());
            }
            _filled.TrySetResult();
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

    public TableSubscription Subscribe()
    {
        lock (_lock)
        {
            var subscription = new TableSubscription(this, [.. _entries.Values], _sequence);
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
            return new TableChanges(subscription.TakePending(), _sequence, (ulong)_entries.Count);
        }
    }

    private void Mark(string sessionId, TableEntry? previous, TableEntry? latest)
    {
        foreach (TableSubscription subscription in _subscriptions)
        {
            subscription.Mark(sessionId, previous, latest);
        }
    }
}
