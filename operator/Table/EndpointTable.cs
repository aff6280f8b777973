using SshGateway.Operator.Model;

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
    private ClusterVersions _versions;
    private string _epoch = NewEpoch();

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

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>The last change's number.</summary>
    public ulong Sequence
    {
        get
        {
            lock (_lock)
            {
                return _sequence;
            }
        }
    }

    /// <summary>One step of the table. The first one makes it complete.</summary>
    /// <param name="upserts">The entries that are new, or may be other than they were.</param>
    /// <param name="removals">The session ids that are gone.</param>
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
            _epoch = startsEpoch ? NewEpoch() : _epoch;
            if (changed > 0 || startsEpoch)
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
            var subscription = new TableSubscription(this, [.. _entries.Values], _epoch, _sequence);
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
            return new TableChanges(subscription.TakePending(), _epoch, _sequence, (ulong)_entries.Count);
        }
    }

    // Names this run, and this history of the cluster: sequences of another one do not compare.
    private static string NewEpoch() => Guid.NewGuid().ToString("N");

    private void Mark(string sessionId, TableEntry? previous, TableEntry? latest)
    {
        foreach (TableSubscription subscription in _subscriptions)
        {
            subscription.Mark(sessionId, previous, latest);
        }
    }
}
