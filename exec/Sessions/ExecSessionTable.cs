using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace SshGateway.Exec.Sessions;

/// <summary>session id → session. Reads take no lock; the feed's client is the only writer.</summary>
internal sealed class ExecSessionTable
{
    private readonly ConcurrentDictionary<string, ExecSession> _sessions = new(concurrencyLevel: 1, capacity: 256);
    private readonly ConcurrentDictionary<string, ExecSession>.AlternateLookup<ReadOnlySpan<char>> _bySpan;

    public ExecSessionTable() => _bySpan = _sessions.GetAlternateLookup<ReadOnlySpan<char>>();

    public int Count => _sessions.Count;

    public bool TryGet(ReadOnlySpan<char> sessionId, [NotNullWhen(true)] out ExecSession? session) => _bySpan.TryGetValue(sessionId, out session);

    public void Upsert(ExecSession session) => _sessions[session.SessionId] = session;

    public void Remove(string sessionId) => _sessions.TryRemove(sessionId, out _);

    /// <summary>Removes every session that is not in <paramref name="kept"/>; returns how many.</summary>
    public int RemoveAllBut(IReadOnlySet<string> kept)
    {
        int removed = 0;
        foreach (KeyValuePair<string, ExecSession> session in _sessions)
        {
            if (!kept.Contains(session.Key) && _sessions.TryRemove(session.Key, out _))
            {
                removed++;
            }
        }
        return removed;
    }
}
