using SshGateway.Proxy.Outcomes;

namespace SshGateway.Proxy.Sessions;

/// <summary>
/// One session's connections in this proxy, and the session's entry as it was last known: a session that leaves the
/// table takes no more logins, but its open connections live on, within the limits that they had.
/// </summary>
/// <param name="known">The entry by which the first connection was authenticated.</param>
internal sealed class OpenSession(SessionEntry known)
{
    private readonly Lock _lock = new();
    private readonly List<IClientConnection> _connections = [];
    private SessionEntry _entry = known;
    private bool _isLeft;
    private DateTimeOffset _lastActivity;
    private TaskCompletionSource? _changed;

    public string SessionId { get; } = known.SessionId;

    /// <summary>How many connections there are, and when one was last used, to the grain of the reviews.</summary>
    public (int Connections, DateTimeOffset LastActivity) Usage
    {
        get
        {
            lock (_lock)
            {
                return (CountAuthenticated(), _lastActivity);
            }
        }
    }

    /// <summary>The connections of this moment.</summary>
    public IReadOnlyList<IClientConnection> Connections
    {
        get
        {
            lock (_lock)
            {
                return [.. _connections];
            }
        }
    }

    /// <param name="table">Has the session's entry.</param>
    /// <param name="refusal">Why the session takes no more connections; null: it does.</param>
    /// <returns>False: the last connection has just left, and this is no longer the session's.</returns>
    public bool TryAdd(IClientConnection connection, SessionTable table, DateTimeOffset now, out Refusal? refusal)
    {
        refusal = null;
        lock (_lock)
        {
            if (_isLeft)
            {
                return false;
            }
            Read(table);
            int limit = _entry.MaxConnections;
            int count = CountAuthenticated();
            if (limit > 0 && count >= limit)
            {
                refusal = new Refusal(ConnectionEnd.TooManyConnections, SessionSentences.Full(SessionId, count));
                return true;
            }
            _connections.Add(connection);
            if (connection.IsAuthenticated)
            {
                _lastActivity = now;
            }
            return true;
        }
    }

    /// <summary>True: that was the last one.</summary>
    public bool Remove(IClientConnection connection, DateTimeOffset now)
    {
        lock (_lock)
        {
            Review(connection, now);
            _connections.Remove(connection);
            _isLeft = _connections.Count == 0;
            return _isLeft;
        }
    }

    /// <summary>The session's entry has changed, or is gone.</summary>
    public void Refresh(SessionTable table, DateTimeOffset now)
    {
        lock (_lock)
        {
            Read(table);
            CloseByEntry(now);
            _changed?.SetResult();
            _changed = null;
        }
    }

    /// <summary>Completes when the session's entry changes for the next time.</summary>
    public Task NextChange()
    {
        lock (_lock)
        {
            // The writer of the table must not run what waits.
            _changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _changed.Task;
        }
    }

    /// <summary>Time has passed, or a connection has just been let in.</summary>
    public void Review(DateTimeOffset now)
    {
        lock (_lock)
        {
            CloseByEntry(now);
            foreach (IClientConnection connection in _connections)
            {
                bool wasAuthenticated = connection.IsAuthenticated;
                TimeSpan idle = Review(connection, now);
                if (!wasAuthenticated && connection.IsAuthenticated && _entry.MaxConnections > 0 && CountAuthenticated() > _entry.MaxConnections)
                {
                    connection.Close(new Refusal(ConnectionEnd.TooManyConnections, SessionSentences.Full(SessionId, _entry.MaxConnections)));
                }
                if (_entry.IdleTimeout > TimeSpan.Zero && idle >= _entry.IdleTimeout)
                {
                    connection.Close(new Refusal(ConnectionEnd.IdleTimeout, SessionSentences.Idle(_entry)));
                }
            }
        }
    }

    private int CountAuthenticated() => _connections.Count(connection => connection.IsAuthenticated);

    // A login that is under way has been reviewed when it entered.
    private TimeSpan Review(IClientConnection connection, DateTimeOffset now)
    {
        if (connection.Review() is not { } idle)
        {
            return TimeSpan.Zero;
        }
        if (now - idle > _lastActivity)
        {
            _lastActivity = now - idle;
        }
        return idle;
    }

    // Within the lock, so that of two changes the later one is what is kept.
    private void Read(SessionTable table)
    {
        if (table.TryGet(SessionId, out SessionEntry? now))
        {
            _entry = now;
        }
    }

    private void CloseByEntry(DateTimeOffset now)
    {
        Refusal? ended = LoginGate.CheckOpenConnections(_entry, now);
        foreach (IClientConnection connection in _connections)
        {
            if ((ended ?? connection.FindRevocation(_entry)) is { } reason)
            {
                connection.Close(reason);
            }
        }
    }
}
