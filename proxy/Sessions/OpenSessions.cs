using System.Collections.Concurrent;
using SshGateway.Proxy.Outcomes;

namespace SshGateway.Proxy.Sessions;

/// <summary>
/// The sessions that have connections open in this proxy. A login takes a place here; a change of the table reaches the
/// connections of its session and no others, at the cost of one look-up.
/// </summary>
internal sealed class OpenSessions
{
    private readonly ConcurrentDictionary<string, OpenSession> _sessions = new(StringComparer.Ordinal);
    private readonly SessionTable _table;
    private readonly TimeProvider _time;

    public OpenSessions(SessionTable table, TimeProvider time)
    {
        _table = table;
        _time = time;
        table.Changed += OnChanged;
    }

    /// <summary>A connection of the session came or went.</summary>
    public event Action<OpenSession>? Touched;

    /// <summary>A connection was added to its session. Its client may not have been let in yet.</summary>
    public event Action<IClientConnection>? Opened;

    /// <summary>A connection was removed.</summary>
    public event Action<IClientConnection>? Ended;

    public IEnumerable<OpenSession> All => _sessions.Values;

    /// <summary>Adds a connection to its session, if there may be one more, until <see cref="Remove"/>.</summary>
    public Result<OpenSession> Add(SessionEntry entry, IClientConnection connection)
    {
        while (true)
        {
            OpenSession session = _sessions.GetOrAdd(entry.SessionId, static (_, known) => new OpenSession(known), entry);
            // One that is just left by its last connection takes nobody in.
            if (session.TryAdd(connection, _table, _time.GetUtcNow(), out Refusal? refusal))
            {
                if (refusal is not null)
                {
                    return refusal;
                }
                Opened?.Invoke(connection);
                Touched?.Invoke(session);
                return session;
            }
        }
    }

    public void Remove(OpenSession session, IClientConnection connection)
    {
        if (session.Remove(connection, _time.GetUtcNow()))
        {
            _sessions.TryRemove(new KeyValuePair<string, OpenSession>(session.SessionId, session));
        }
        Ended?.Invoke(connection);
        Touched?.Invoke(session);
    }

    /// <summary>Ends one connection, if it is still there.</summary>
    /// <param name="connectionId">Its id in the logs.</param>
    /// <param name="caller">Who wants that, for the log.</param>
    public void Close(string sessionId, string connectionId, string caller)
    {
        if (_sessions.TryGetValue(sessionId, out OpenSession? session)
            && session.Connections.FirstOrDefault(open => open.Details?.ConnectionId == connectionId) is { } connection)
        {
            _ = connection.StopAsync(new Refusal(
                ConnectionEnd.ClosedByAdministrator, SessionSentences.ClosedByAdministrator(sessionId, connectionId), $"closed by {caller}"));
        }
    }

    /// <summary>Closes what has expired or been idle for too long.</summary>
    public void Review()
    {
        DateTimeOffset now = _time.GetUtcNow();
        foreach ((_, OpenSession session) in _sessions)
        {
            session.Review(now);
        }
    }

    private void OnChanged(string sessionId)
    {
        if (_sessions.TryGetValue(sessionId, out OpenSession? session))
        {
            session.Refresh(_table, _time.GetUtcNow());
        }
    }
}
