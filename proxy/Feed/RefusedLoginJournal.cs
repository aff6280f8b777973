using SshGateway.Feed;
using SshGateway.Proxy.Sessions;

namespace SshGateway.Proxy.Feed;

/// <summary>
/// The refused logins that one operator has not been told of, a sum for each session. Lives as long as the stream.
/// </summary>
internal sealed class RefusedLoginJournal : IDisposable
{
    // endpoint_feed.proto, Activity. A stranger chooses the sessions; beyond this many their logins are not told of.
    private const int MaxSessions = 1000;

    private readonly RefusedLogins _logins;
    private readonly Lock _lock = new();
    private Dictionary<string, LoginRefusals> _untold = new(StringComparer.Ordinal);

    public RefusedLoginJournal(RefusedLogins logins)
    {
        _logins = logins;
        logins.Refused += OnRefused;
    }

    /// <summary>What is news since the last call; null: nothing.</summary>
    public Activity? Take()
    {
        lock (_lock)
        {
            if (_untold.Count == 0)
            {
                return null;
            }
            var news = new Activity { Refused = { _untold.Values } };
            _untold = new(StringComparer.Ordinal);
            return news;
        }
    }

    public void Dispose() => _logins.Refused -= OnRefused;

    private void OnRefused(string sessionId, KeyRefusal reason, string fingerprint)
    {
        lock (_lock)
        {
            if (!_untold.TryGetValue(sessionId, out LoginRefusals? refusals))
            {
                if (_untold.Count == MaxSessions)
                {
                    return;
                }
                _untold.Add(sessionId, refusals = new LoginRefusals { SessionId = sessionId });
            }
            refusals.Count++;
            refusals.Reason = reason.ToString();
            refusals.KeyFingerprint = fingerprint;
        }
    }
}
