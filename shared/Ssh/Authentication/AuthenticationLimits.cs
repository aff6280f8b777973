namespace SshGateway.Ssh.Authentication;

/// <summary>Bounds of one connection's authentication.</summary>
internal static class AuthenticationLimits
{
    /// <summary>Keys that a client may ask about. A refused query is no failed login: agents offer many.</summary>
    public const int Queries = 64;

    /// <summary>Signed requests that may fail: OpenSSH's MaxAuthTries.</summary>
    public const int Failures = 6;

    /// <summary>Requests of other methods, which only learn that publickey is the one.</summary>
    public const int OtherRequests = 16;

    /// <summary>
    /// Requests for the service behind the first one. sshd answers any number (auth2.c, input_service_request), and
    /// paramiko sends one before each key: so as many as there may be other requests.
    /// </summary>
    public const int RepeatedServiceRequests = Queries + Failures + OtherRequests;

    /// <summary>
    /// A publickey request is refused this long after it came, whatever the reason: the time that the answer takes must
    /// not tell whether a session exists.
    /// </summary>
    public static readonly TimeSpan RefusalTime = TimeSpan.FromMilliseconds(10);
}
