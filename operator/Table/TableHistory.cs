namespace SshGateway.Operator.Table;

/// <summary>
/// The latest changes, for streams that were cut: what a session was before each. Bounded; a stream that was away for
/// longer gets a snapshot.
/// </summary>
internal sealed class TableHistory(int capacity)
{
    private readonly Queue<(ulong Sequence, string SessionId, TableEntry? Previous)> _changes = new();

    // The last sequence of which a change was dropped.
    private ulong _forgotten;

    public void Add(ulong sequence, string sessionId, TableEntry? previous)
    {
        _changes.Enqueue((sequence, sessionId, previous));
        if (_changes.Count > capacity)
        {
            _forgotten = _changes.Dequeue().Sequence;
        }
    }

    /// <summary>The sequences after this do not compare with those before.</summary>
    public void Clear(ulong sequence)
    {
        _changes.Clear();
        _forgotten = sequence;
    }

    /// <returns>What each session that changed after this sequence was at it; null when that is not known any
    /// more.</returns>
    public Dictionary<string, TableEntry?>? FindChangedSince(ulong sequence)
    {
        if (sequence < _forgotten)
        {
            return null;
        }
        var since = new Dictionary<string, TableEntry?>(StringComparer.Ordinal);
        foreach ((ulong changedAt, string sessionId, TableEntry? previous) in _changes)
        {
            if (changedAt > sequence)
            {
                since.TryAdd(sessionId, previous);
            }
        }
        return since;
    }
}
