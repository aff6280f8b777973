namespace SshGateway.Proxy.Sessions;

/// <summary>
/// The sessions of whose logins at least one waits for the pod. Only authenticated logins wait, and each takes one of
/// its session's connections, so there are at most as many as the proxy has connections.
/// </summary>
internal sealed class WaitingLogins(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (int Logins, DateTimeOffset Since)> _sessions = new(StringComparer.Ordinal);

    /// <summary>How many logins wait.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _sessions.Values.Sum(session => session.Logins);
            }
        }
    }

    /// <summary>The sessions, and since when logins have waited without a gap. Those that have waited longest are
    /// first.</summary>
    public IReadOnlyList<(string SessionId, DateTimeOffset Since)> All
    {
        get
        {
            lock (_lock)
            {
                return _sessions.Count == 0 ? [] : [.. _sessions.Select(session => (session.Key, session.Value.Since)).OrderBy(session => session.Since)];
            }
        }
    }

    /// <summary>A login waits for the session's pod until what is returned is disposed.</summary>
    public IDisposable Add(string sessionId)
    {
        lock (_lock)
        {
            (int logins, DateTimeOffset since) = _sessions.GetValueOrDefault(sessionId, (0, time.GetUtcNow()));
            _sessions[sessionId] = (logins + 1, since);
        }
        return new Wait(this, sessionId);
    }

    private void Remove(string sessionId)
    {
        lock (_lock)
        {
            (int logins, DateTimeOffset since) = _sessions[sessionId];
            if (logins == 1)
            {
                _sessions.Remove(sessionId);
            }
            else
            {
                _sessions[sessionId] = (logins - 1, since);
            }
        }
    }

    private sealed class Wait(WaitingLogins logins, string sessionId) : IDisposable
    {
        public void Dispose() => logins.Remove(sessionId);
    }
}
