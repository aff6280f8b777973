using SshGateway.Feed;
using SshGateway.Hosting;
using SshGateway.Operator.Table;

namespace SshGateway.Operator.Usage;

/// <summary>
/// How sessions are used: the sum of what the proxies report. A proxy whose stream ends counts on for a while, so that
/// one that reconnects makes no session look unused; its next full report takes the place of what it said before.
/// </summary>
internal sealed class UsageTable : IDisposable
{
    // Longer than a proxy waits between two attempts.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    // A session without connections is of no more interest once its status has been written.
    private static readonly TimeSpan Retention = TimeSpan.FromMinutes(30);

    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly HashSet<ProxyUsage> _proxies = [];
    private readonly Dictionary<string, SessionUsage> _sessions = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly SteadyClock _clock;
    private readonly DateTimeOffset _completeAt;
    private readonly ITimer _sweep;

    private readonly EndpointTable _table;

    public UsageTable(EndpointTable table, TimeProvider time)
    {
        _table = table;
        _time = time;
        RefusedLogins = new RefusedLoginTable(table, time);
        WaitingLogins = new WaitingLoginTable(table, time);
        _clock = new SteadyClock(time);
        _completeAt = _clock.Now + Grace;
        _sweep = time.CreateTimer(_ => Sweep(), null, SweepInterval, SweepInterval);
    }

    /// <summary>The usage of these sessions has changed.</summary>
    public event Action<IReadOnlyCollection<string>>? Changed;

    /// <summary>Logins that came to nothing.</summary>
    public RefusedLoginTable RefusedLogins { get; }

    /// <summary>Logins that wait for a pod.</summary>
    public WaitingLoginTable WaitingLogins { get; }

    /// <summary>The connections themselves.</summary>
    public ConnectionTable Connections { get; } = new();

    /// <summary>After which all proxies have had the time to report, and what none has named is not used.</summary>
    public TimeSpan CompleteIn => _completeAt - _clock.Now;

    /// <summary>All connections, and the sessions that have any.</summary>
    public (long Connections, int Sessions) Totals
    {
        get
        {
            lock (_lock)
            {
                return (_sessions.Values.Sum(usage => usage.Connections), _sessions.Values.Count(usage => usage.Connections > 0));
            }
        }
    }

    /// <summary>Null: not known yet.</summary>
    public SessionUsage? Find(string sessionId)
    {
        lock (_lock)
        {
            return _sessions.TryGetValue(sessionId, out SessionUsage usage) ? usage
                : CompleteIn <= TimeSpan.Zero ? default(SessionUsage)
                : null;
        }
    }

    /// <summary>A stream of the proxy begins.</summary>
    /// <param name="reportsOnly">The proxy follows another stream: it names its connections on this one, and can be
    /// asked to close them.</param>
    public ProxyUsage Open(string proxyId, bool reportsOnly = false)
    {
        var proxy = new ProxyUsage(this, proxyId, reportsOnly ? Connections.Open(proxyId) : null);
        lock (_lock)
        {
            _proxies.Add(proxy);
        }
        return proxy;
    }

    public void Apply(ProxyUsage proxy, Activity report)
    {
        var changed = new HashSet<string>(StringComparer.Ordinal);
        lock (_lock)
        {
            if (report.Full)
            {
                foreach (ProxyUsage earlier in _proxies.Where(p => p == proxy || (p.ProxyId == proxy.ProxyId && p.EndedAt is not null)).ToArray())
                {
                    Forget(earlier, changed);
                }
                _proxies.Add(proxy);
            }
            DateTimeOffset now = _time.GetUtcNow();
            foreach (SessionActivity session in report.Sessions.Where(s => proxy.MayReport(s.SessionId, _table.Find(s.SessionId) is not null)))
            {
                DateTimeOffset at = DateTimeOffset.FromUnixTimeSeconds(session.LastActivity);
                // A proxy whose clock is ahead must not keep a session alive.
                Set(proxy, session.SessionId, session.Connections, at < now ? at : now);
                changed.Add(session.SessionId);
            }
        }
        Raise(changed);
    }

    public void Close(ProxyUsage proxy)
    {
        lock (_lock)
        {
            proxy.EndedAt = _clock.Now;
        }
    }

    public void Dispose() => _sweep.Dispose();

    private void Sweep()
    {
        var changed = new HashSet<string>(StringComparer.Ordinal);
        lock (_lock)
        {
            DateTimeOffset now = _time.GetUtcNow();
            foreach (ProxyUsage gone in _proxies.Where(p => _clock.Now - p.EndedAt >= Grace).ToArray())
            {
                Forget(gone, changed);
            }
            foreach (ProxyUsage proxy in _proxies)
            {
                proxy.Unknown.RemoveWhere(id => !proxy.Connections.ContainsKey(id) || _table.Find(id) is not null);
            }
            foreach ((string sessionId, SessionUsage usage) in _sessions)
            {
                if (usage.Connections == 0 && (now - usage.LastActivity >= Retention || _table.Find(sessionId) is null))
                {
                    _sessions.Remove(sessionId);
                }
            }
        }
        WaitingLogins.Sweep();
        Raise(changed);
    }

    private void Forget(ProxyUsage proxy, HashSet<string> changed)
    {
        foreach ((string sessionId, uint connections) in proxy.Connections)
        {
            _sessions[sessionId] = _sessions[sessionId] with { Connections = _sessions[sessionId].Connections - connections };
            changed.Add(sessionId);
        }
        proxy.Connections.Clear();
        _proxies.Remove(proxy);
    }

    private void Set(ProxyUsage proxy, string sessionId, uint connections, DateTimeOffset lastActivity)
    {
        proxy.Connections.TryGetValue(sessionId, out uint before);
        if (connections == 0)
        {
            proxy.Connections.Remove(sessionId);
        }
        else
        {
            proxy.Connections[sessionId] = connections;
        }
        SessionUsage usage = _sessions.GetValueOrDefault(sessionId);
        _sessions[sessionId] = new SessionUsage(usage.Connections - before + connections, usage.LastActivity > lastActivity ? usage.LastActivity : lastActivity);
    }

    private void Raise(HashSet<string> changed)
    {
        if (changed.Count > 0)
        {
            Changed?.Invoke(changed);
        }
    }
}

/// <summary>How a session is used, over all proxies.</summary>
/// <param name="LastActivity">When one of them was last used; null: not within living memory.</param>
internal readonly record struct SessionUsage(long Connections, DateTimeOffset? LastActivity);
