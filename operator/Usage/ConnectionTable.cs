using System.Collections.Concurrent;
using SshGateway.Feed;

namespace SshGateway.Operator.Usage;

/// <summary>
/// The open connections of all proxies, by session. Every proxy reports to every operator, so each replica has all of
/// them and can have any of them closed. A proxy whose stream ends takes its connections away at once: nobody could
/// close them. Readers take no lock.
/// </summary>
internal sealed class ConnectionTable
{
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, LiveConnection[]> _sessions = new(StringComparer.Ordinal);

    /// <summary>Connections of these sessions were opened or have ended. Changes of their bytes are not told.</summary>
    public event Action<IReadOnlyCollection<string>>? Changed;

    /// <summary>A session's connections, in the order of the reports; the list does not change any more.</summary>
    public IReadOnlyList<LiveConnection> Find(string sessionId) =>
        _sessions.TryGetValue(sessionId, out LiveConnection[]? connections) ? connections : [];

    /// <summary>One of a session's connections; null: there is none of this id.</summary>
    public LiveConnection? Find(string sessionId, string id) => Find(sessionId).FirstOrDefault(connection => connection.Id == id);

    /// <summary>Has the connection's proxy close it. Completes when the proxy says that it has ended.</summary>
    /// <param name="caller">Who wants it, for the proxy's audit log.</param>
    /// <exception cref="OperationCanceledException">The proxy has not said so yet. It may still close it.</exception>
    public async Task<CloseResult> CloseAsync(LiveConnection connection, string caller, CancellationToken cancellationToken)
    {
        Task<bool> ended;
        lock (_lock)
        {
            if (!connection.Owner.Open.ContainsKey(connection.Id))
            {
                return connection.Owner.IsClosed ? CloseResult.ProxyLost : CloseResult.Closed;
            }
            connection.Ended ??= new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            ended = connection.Ended.Task;
        }
        if (!connection.Owner.TryRequest(new CloseConnection { SessionId = connection.SessionId, ConnectionId = connection.Id, Caller = caller }))
        {
            return CloseResult.ProxyBusy;
        }
        return await ended.WaitAsync(cancellationToken) ? CloseResult.Closed : CloseResult.ProxyLost;
    }

    /// <summary>A stream begins.</summary>
    public ProxyConnections Open(string proxyId) => new(this, proxyId);

    /// <param name="report">What it says; it has been checked.</param>
    public void Apply(ProxyConnections proxy, Activity report)
    {
        if (report.Connections.Count + report.EndedConnections.Count == 0)
        {
            return;
        }
        var changes = new SessionChanges();
        lock (_lock)
        {
            foreach (string id in report.EndedConnections)
            {
                if (proxy.Open.Remove(id, out LiveConnection? ended))
                {
                    changes.Remove(ended);
                    ended.Ended?.TrySetResult(true);
                }
            }
            foreach (OpenConnection connection in report.Connections)
            {
                if (proxy.Open.TryGetValue(connection.Id, out LiveConnection? known))
                {
                    known.Update(connection);
                }
                else if (connection.SessionId.Length > 0 && !proxy.IsClosed && proxy.Open.Count < FeedLimits.MaxReportedConnections)
                {
                    var opened = new LiveConnection(proxy, connection);
                    proxy.Open.Add(opened.Id, opened);
                    changes.Add(opened);
                }
            }
            Apply(changes);
        }
        Raise(changes);
    }

    /// <summary>The stream has ended.</summary>
    public void Close(ProxyConnections proxy)
    {
        var changes = new SessionChanges();
        lock (_lock)
        {
            proxy.IsClosed = true;
            foreach (LiveConnection lost in proxy.Open.Values)
            {
                changes.Remove(lost);
                lost.Ended?.TrySetResult(false);
            }
            proxy.Open.Clear();
            Apply(changes);
        }
        Raise(changes);
    }

    private void Apply(SessionChanges changes)
    {
        foreach ((string sessionId, (Dictionary<string, LiveConnection> added, HashSet<LiveConnection> removed)) in changes.Sessions)
        {
            // A proxy that has lost a stream may report the same connection on the next one before we know of the loss.
            LiveConnection[] connections =
            [
                .. Find(sessionId).Where(connection => !removed.Contains(connection) && !added.ContainsKey(connection.Id)),
                .. added.Values,
            ];
            if (connections.Length > 0)
            {
                _sessions[sessionId] = connections;
            }
            else
            {
                _sessions.TryRemove(sessionId, out _);
            }
        }
    }

    private void Raise(SessionChanges changes)
    {
        if (changes.Sessions.Count > 0)
        {
            Changed?.Invoke(changes.Sessions.Keys);
        }
    }

    /// <summary>What one report changes, so that each session's list is made once.</summary>
    private sealed class SessionChanges
    {
        public Dictionary<string, (Dictionary<string, LiveConnection> Added, HashSet<LiveConnection> Removed)> Sessions { get; } = new(StringComparer.Ordinal);

        public void Add(LiveConnection connection) => Find(connection).Added[connection.Id] = connection;

        public void Remove(LiveConnection connection) => Find(connection).Removed.Add(connection);

        private (Dictionary<string, LiveConnection> Added, HashSet<LiveConnection> Removed) Find(LiveConnection connection)
        {
            if (!Sessions.TryGetValue(connection.SessionId, out (Dictionary<string, LiveConnection> Added, HashSet<LiveConnection> Removed) session))
            {
                Sessions[connection.SessionId] = session = (new(StringComparer.Ordinal), []);
            }
            return session;
        }
    }
}

/// <summary>What came of the wish to close a connection.</summary>
internal enum CloseResult
{
    /// <summary>It has ended.</summary>
    Closed,

    /// <summary>The proxy has been asked, and has not said yet that it has ended.</summary>
    Unconfirmed,

    /// <summary>The proxy's stream ended first.</summary>
    ProxyLost,

    /// <summary>The proxy does not take what it was asked before.</summary>
    ProxyBusy,
}
