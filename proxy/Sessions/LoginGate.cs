using SshGateway.Feed;
using SshGateway.Proxy.Outcomes;

namespace SshGateway.Proxy.Sessions;

/// <summary>Whether a session takes a login now and keeps those that are in; if not, why, for its user.</summary>
internal static class LoginGate
{
    /// <summary>Why the session takes no login now; null: it does.</summary>
    public static Refusal? Check(SessionEntry entry, DateTimeOffset now)
    {
        if (HasExpired(entry, now))
        {
            return new(ConnectionEnd.SessionExpired, SessionSentences.Expired(entry));
        }
        switch (entry.Access)
        {
            case Access.Draining when entry.Reason == ReadyReasons.SessionTerminating:
                return new(ConnectionEnd.AccessRefused, SessionSentences.Deleted(entry));
            case Access.Draining:
                return new(ConnectionEnd.AccessRefused, SessionSentences.Closing(entry));
            case Access.Disabled:
                return new(ConnectionEnd.AccessRefused, SessionSentences.Disabled(entry));
        }
        return entry.State switch
        {
            EndpointState.Ready when entry.Endpoint is not null => null,
            EndpointState.NotReady => new(ConnectionEnd.PodNotReady, SessionSentences.PodNotReady(entry)),
            EndpointState.Draining => new(ConnectionEnd.PodTerminating, SessionSentences.PodDeleted(entry)),
            _ => new(ConnectionEnd.NoPod, SessionSentences.NoPod(entry)),
        };
    }

    /// <summary>
    /// Whether the session only lacks a pod that is on its way: TARS makes the pod afterwards, or when a login asks for
    /// it.
    /// </summary>
    public static bool IsStarting(SessionEntry entry, DateTimeOffset now) =>
        !HasExpired(entry, now) && entry.Access == Access.Enabled && entry.State switch
        {
            EndpointState.NotReady => true,
            EndpointState.None => entry.Reason is ReadyReasons.PodNotReady || LacksPod(entry),
            _ => false,
        };

    /// <summary>Whether there is no pod, and a login that waits for one asks for it.</summary>
    public static bool IsAskedFor(SessionEntry entry) => entry is { State: EndpointState.None, WakesOnLogin: true } && LacksPod(entry);

    /// <summary>Why the session's open connections have to end, for their users; null: they live on.</summary>
    public static Refusal? CheckOpenConnections(SessionEntry entry, DateTimeOffset now)
    {
        if (HasExpired(entry, now))
        {
            return new Refusal(ConnectionEnd.SessionExpired, SessionSentences.Expired(entry));
        }
        return entry.Access == Access.Disabled ? new Refusal(ConnectionEnd.SessionDisabled, SessionSentences.DisabledMeanwhile(entry)) : null;
    }

    // A suspended session gets no pod unless somebody asks for it.
    private static bool LacksPod(SessionEntry entry) => ReadyReasons.LacksPod(entry.Reason) && (entry.Reason != ReadyReasons.Suspended || entry.WakesOnLogin);

    private static bool HasExpired(SessionEntry entry, DateTimeOffset now) => entry.ExpiresAt != 0 && now.ToUnixTimeSeconds() >= entry.ExpiresAt;
}
