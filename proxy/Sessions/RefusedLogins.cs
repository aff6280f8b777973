using SshGateway.Feed;

namespace SshGateway.Proxy.Sessions;

/// <summary>
/// Tells of logins to sessions that exist which were refused at the gateway: their owners want to know.
/// </summary>
internal sealed class RefusedLogins
{
    /// <summary>The session, why the last key was refused, and that key's fingerprint.</summary>
    public event Action<string, KeyRefusal, string>? Refused;

    public void Add(string sessionId, KeyRefusal reason, string fingerprint) => Refused?.Invoke(sessionId, reason, fingerprint);
}
