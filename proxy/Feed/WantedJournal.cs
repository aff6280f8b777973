using SshGateway.Feed;
using SshGateway.Proxy.Sessions;

namespace SshGateway.Proxy.Feed;

/// <summary>
/// The sessions that one operator knows to be waited for, to find whether that has changed. Lives as long as the
/// stream.
/// </summary>
internal sealed class WantedJournal(WaitingLogins logins, SessionTable table)
{
    private Wanted _told = new();

    /// <summary>All of them, where that is news since the last call; null: nothing is.</summary>
    public Activity? Take()
    {
        var wanted = new Wanted();
        foreach ((string sessionId, DateTimeOffset since) in logins.All)
        {
            // By the entry of this moment: somebody may have forbidden it meanwhile.
            if (wanted.Sessions.Count < FeedLimits.MaxWantedSessions && table.TryGet(sessionId, out SessionEntry? entry) && entry.WakesOnLogin)
            {
                wanted.Sessions.Add(new WantedSession { SessionId = sessionId, Since = Math.Max(0, since.ToUnixTimeSeconds()) });
            }
        }
        if (wanted.Equals(_told))
        {
            return null;
        }
        _told = wanted;
        return new Activity { Wanted = wanted };
    }
}
