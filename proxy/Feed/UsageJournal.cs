using System.Collections.Concurrent;
using SshGateway.Feed;
using SshGateway.Proxy.Sessions;

namespace SshGateway.Proxy.Feed;

/// <summary>What one operator knows of the sessions' use, to find what is news. Lives as long as the stream.</summary>
internal sealed class UsageJournal : IDisposable
{
    // The operator writes it with a grain of five minutes.
    private static readonly TimeSpan ActivityGrain = TimeSpan.FromMinutes(1);

    // endpoint_feed.proto, Activity.
    private const int SessionsPerMessage = 10_000;

    private readonly OpenSessions _sessions;
    private readonly ConcurrentDictionary<OpenSession, bool> _touched = [];
    private readonly Dictionary<string, (int Connections, DateTimeOffset LastActivity)> _told = new(StringComparer.Ordinal);
    private bool _isFirst = true;

    public UsageJournal(OpenSessions sessions)
    {
        _sessions = sessions;
        sessions.Touched += OnTouched;
    }

    /// <summary>What is news since the last call; the first has everything.</summary>
    public IEnumerable<Activity> Take()
    {
        var report = new Activity { Full = _isFirst };
        _isFirst = false;
        foreach (SessionActivity session in TakeNews())
        {
            report.Sessions.Add(session);
            if (report.Sessions.Count == SessionsPerMessage)
            {
                yield return report;
                report = new Activity();
            }
        }
        if (report.Full || report.Sessions.Count > 0)
        {
            yield return report;
        }
    }

    public void Dispose() => _sessions.Touched -= OnTouched;

    private void OnTouched(OpenSession session) => _touched[session] = true;

    private IEnumerable<SessionActivity> TakeNews()
    {
        // Those that ended meanwhile are no longer among the open ones; a successor of the same id is, and is told
        // after its predecessor.
        OpenSession[] ended = [.. _touched.Keys];
        _touched.Clear();
        return ended.Where(session => session.Usage.Connections == 0).Concat(_sessions.All).Select(News).OfType<SessionActivity>();
    }

    private SessionActivity? News(OpenSession session)
    {
        (int connections, DateTimeOffset lastActivity) = session.Usage;
        _told.TryGetValue(session.SessionId, out (int Connections, DateTimeOffset LastActivity) told);
        if (connections == told.Connections && lastActivity - told.LastActivity < ActivityGrain)
        {
            return null;
        }
        if (connections == 0)
        {
            _told.Remove(session.SessionId);
        }
        else
        {
            _told[session.SessionId] = (connections, lastActivity);
        }
        return new SessionActivity { SessionId = session.SessionId, Connections = (uint)connections, LastActivity = Math.Max(0, lastActivity.ToUnixTimeSeconds()) };
    }
}
