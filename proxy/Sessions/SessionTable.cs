using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace SshGateway.Proxy.Sessions;

/// <summary>session id → entry. Reads take no lock and allocate nothing; the feed client is the only writer.</summary>
internal sealed class SessionTable
{
    private readonly ConcurrentDictionary<string, SessionEntry> _entries = new(concurrencyLevel: 1, capacity: 1024);
    private readonly ConcurrentDictionary<string, SessionEntry>.AlternateLookup<ReadOnlySpan<char>> _bySpan;

    public SessionTable() => _bySpan = _entries.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The session of this id came, changed or went; the table has it already. Raised by the writer.</summary>
    public event Action<string>? Changed;

    public int Count => _entries.Count;

    /// <summary>Every session; those that come or go meanwhile may be missing or not.</summary>
    public IEnumerable<SessionEntry> Entries
    {
        get
        {
            foreach (KeyValuePair<string, SessionEntry> entry in _entries)
            {
                yield return entry.Value;
            }
        }
    }

    public bool TryGet(ReadOnlySpan<char> sessionId, [NotNullWhen(true)] out SessionEntry? entry) =>
        _bySpan.TryGetValue(sessionId, out entry);

    public void Upsert(SessionEntry entry)
    {
        // The dictionary keeps the key that it has; the entry must not keep another string of the same letters alive.
        if (_entries.TryGetValue(entry.SessionId, out SessionEntry? earlier))
        {
            entry = entry.WithSessionId(earlier.SessionId);
        }
        _entries[entry.SessionId] = entry;
        Changed?.Invoke(entry.SessionId);
    }

    /// <summary>Removes the session while its entry still has this pod UID.</summary>
    public void Remove(string sessionId, string podUid)
    {
        if (_entries.TryGetValue(sessionId, out SessionEntry? entry) && entry.PodUid == podUid)
        {
            _entries.TryRemove(new KeyValuePair<string, SessionEntry>(sessionId, entry));
            Changed?.Invoke(sessionId);
        }
    }

    /// <summary>Removes the session, whatever its pod.</summary>
    public void Remove(string sessionId)
    {
        if (_entries.TryRemove(sessionId, out _))
        {
            Changed?.Invoke(sessionId);
        }
    }

    /// <summary>Removes every session that is not in <paramref name="kept"/>; returns how many went.</summary>
    public int RemoveAllBut(IReadOnlySet<string> kept)
    {
        int removed = 0;
        foreach (string id in _entries.Keys)
        {
            if (!kept.Contains(id) && _entries.TryRemove(id, out _))
            {
                removed++;
                Changed?.Invoke(id);
            }
        }
        return removed;
    }
}
