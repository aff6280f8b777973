using SshGateway.Feed;
using SshGateway.Hosting.Text;
using SshGateway.Operator.Kubernetes.Leadership;
using SshGateway.Operator.Model;
using SshGateway.Operator.Usage;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>
/// Writes an event on a session whose logins are refused again and again, for an owner whose key was replaced. It is no
/// condition: a stranger who knows the session's id can cause it, and whether the session works does not depend on it.
/// </summary>
internal sealed class RefusedLoginEvents : IDisposable
{
    private readonly RefusedLoginTable _refused;
    private readonly StatusWriter _sessions;
    private readonly EventWriter _events;
    private readonly LeaseElection _lease;

    public RefusedLoginEvents(UsageTable usage, StatusWriter sessions, EventWriter events, LeaseElection lease)
    {
        (_refused, _sessions, _events, _lease) = (usage.RefusedLogins, sessions, events, lease);
        _refused.Noticed += OnNoticed;
    }

    /// <summary>Such as "5 logins refused within 9 minutes 12 seconds: the session does not list the key
    /// (SHA256:…)".</summary>
    public static string Describe(RefusedLogins logins) =>
        $"{new Quantity(logins.Count, "login")} refused within {Quantity.Describe(Max(logins.Within, TimeSpan.FromSeconds(10)))}: "
        + $"{KeyRefusals.Describe(logins.Reason)} ({string.Join(", ", logins.Fingerprints)})";

    public void Dispose() => _refused.Noticed -= OnNoticed;

    private void OnNoticed(RefusedLogins logins)
    {
        if (_lease.IsHeld && _sessions.Find(logins.SessionId) is { } session)
        {
            _events.NoteRefusedLogins(session, Describe(logins));
        }
    }

    // Reports come every five seconds: less would be more exact than they are.
    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
