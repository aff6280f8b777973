using Grpc.Core;
using SshGateway.Feed;
using SshGateway.Hosting;
using SshGateway.Operator.Table;

namespace SshGateway.Operator.Usage;

/// <summary>
/// The sessions of whose logins at least one waits for the pod, over all proxies. A wait that has just ended counts on
/// for a while: the user may try again, and a proxy whose stream is lost reports anew.
/// </summary>
internal sealed class WaitingLoginTable(EndpointTable table, TimeProvider time)
{
    /// <summary>How long a session counts as waited for when no login waits any more.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    private static readonly long LastSecond = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    private readonly Lock _lock = new();
    private readonly SteadyClock _clock = new(time);
    private readonly Dictionary<string, Wait> _waits = new(StringComparer.Ordinal);

    /// <summary>A first login waits for these sessions' pods, or none does any more.</summary>
    public event Action<IReadOnlyCollection<string>>? Changed;

    /// <summary>The sessions of the table of whose logins one waits now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _waits.Count(wait => wait.Value.Proxies > 0 && table.Find(wait.Key) is not null);
            }
        }
    }

    /// <exception cref="RpcException">The report breaks the contract; nothing of it is taken.</exception>
    public static void Check(Activity report)
    {
        if (report.Wanted is not { } wanted)
        {
            return;
        }
        if (wanted.Sessions.Count > FeedLimits.MaxWantedSessions)
        {
            throw new RpcException(new Status(
                StatusCode.InvalidArgument, $"Activity.wanted names {wanted.Sessions.Count} sessions; at most {FeedLimits.MaxWantedSessions} may be in one message"));
        }
        if (!wanted.Sessions.All(session => SessionNames.IsSessionId(session.SessionId) && session.Since >= 0 && session.Since <= LastSecond))
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "Activity.wanted has a session_id or since out of range"));
        }
    }

    /// <summary>Null: no login has waited for its pod lately, or it is no session of the table.</summary>
    public WaitingLogin? Find(string sessionId)
    {
        lock (_lock)
        {
            if (!_waits.TryGetValue(sessionId, out Wait? wait) || table.Find(sessionId) is null)
            {
                return null;
            }
            TimeSpan? left = wait.Proxies > 0 ? null : wait.EndedAt + Grace - _clock.Now;
            return left <= TimeSpan.Zero ? null : new WaitingLogin(wait.Since, left);
        }
    }

    /// <param name="proxy">The stream of a proxy.</param>
    /// <param name="wanted">All sessions that logins wait for at this proxy; it has been checked.</param>
    public void Apply(ProxyUsage proxy, Wanted wanted)
    {
        var changed = new HashSet<string>(StringComparer.Ordinal);
        lock (_lock)
        {
            Dictionary<string, long> now = [];
            foreach (WantedSession session in wanted.Sessions)
            {
                now[session.SessionId] = session.Since;
            }
            End(proxy, [.. proxy.Wanted.Where(id => !now.ContainsKey(id))], changed);
            foreach ((string sessionId, long since) in now.Where(session => proxy.Wanted.Add(session.Key)))
            {
                Begin(sessionId, DateTimeOffset.FromUnixTimeSeconds(since), changed);
            }
        }
        Raise(changed);
    }

    /// <summary>The stream has ended.</summary>
    public void Close(ProxyUsage proxy)
    {
        var changed = new HashSet<string>(StringComparer.Ordinal);
        lock (_lock)
        {
            End(proxy, [.. proxy.Wanted], changed);
        }
        Raise(changed);
    }

    /// <summary>
    /// The session's pod is ready, so its logins wait no longer. The proxies report that a moment later. Such a wait
    /// has no grace: it would wake a session that was suspended in between.
    /// </summary>
    public void NoteReady(string sessionId)
    {
        lock (_lock)
        {
            if (!_waits.TryGetValue(sessionId, out Wait? wait))
            {
                return;
            }
            if (wait.Proxies > 0)
            {
                wait.IsServed = true;
            }
            else
            {
                _waits.Remove(sessionId);
            }
        }
    }

    /// <summary>Forgets what is over.</summary>
    public void Sweep()
    {
        lock (_lock)
        {
            foreach ((string sessionId, Wait wait) in _waits)
            {
                if (wait.Proxies == 0 && _clock.Now - wait.EndedAt >= Grace)
                {
                    _waits.Remove(sessionId);
                }
            }
        }
    }

    private void Begin(string sessionId, DateTimeOffset since, HashSet<string> changed)
    {
        // A proxy whose clock is ahead must not make people wait since tomorrow.
        DateTimeOffset now = time.GetUtcNow();
        since = since < now ? since : now;
        if (!_waits.TryGetValue(sessionId, out Wait? wait))
        {
            _waits[sessionId] = wait = new Wait { Since = since };
        }
        else if (wait.Proxies == 0 || since < wait.Since)
        {
            wait.Since = since;
        }
        wait.IsServed = false;
        if (wait.Proxies++ == 0)
        {
            changed.Add(sessionId);
        }
    }

    private void End(ProxyUsage proxy, string[] sessionIds, HashSet<string> changed)
    {
        foreach (string sessionId in sessionIds)
        {
            proxy.Wanted.Remove(sessionId);
            Wait wait = _waits[sessionId];
            if (--wait.Proxies > 0)
            {
                continue;
            }
            bool isKnown = table.Find(sessionId) is not null;
            if (isKnown)
            {
                changed.Add(sessionId);
            }
            if (isKnown && !wait.IsServed)
            {
                wait.EndedAt = _clock.Now;
            }
            else
            {
                // Served, or no session: a proxy must not fill the memory with ids of its own choice.
                _waits.Remove(sessionId);
            }
        }
    }

    private void Raise(HashSet<string> changed)
    {
        if (changed.Count > 0)
        {
            Changed?.Invoke(changed);
        }
    }

    private sealed class Wait
    {
        /// <summary>How many streams of proxies name the session.</summary>
        public int Proxies { get; set; }

        public DateTimeOffset Since { get; set; }

        /// <summary>Whether the pod has been ready since a proxy last began to name the session.</summary>
        public bool IsServed { get; set; }

        /// <summary>When the last of them named it no more.</summary>
        public DateTimeOffset EndedAt { get; set; }
    }
}

/// <summary>That logins wait for a session's pod.</summary>
/// <param name="Since">Since when they have waited.</param>
/// <param name="Left">For how long that counts when none waits any more; null: at least one waits.</param>
internal readonly record struct WaitingLogin(DateTimeOffset Since, TimeSpan? Left);
