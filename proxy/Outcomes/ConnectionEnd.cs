namespace SshGateway.Proxy.Outcomes;

/// <summary>How a connection ended: the closed list for the log, the metrics and the tests.</summary>
internal enum ConnectionEnd
{
    /// <summary>The client ended an established session.</summary>
    ClientClosed,

    /// <summary>The pod's sshd ended an established session.</summary>
    PodClosed,

    /// <summary>The client's connection broke.</summary>
    ClientLost,

    /// <summary>The pod's connection broke during the session.</summary>
    PodLost,

    /// <summary>The client left before it was logged in.</summary>
    ClientLeftEarly,

    /// <summary>This proxy has as many connections as it takes.</summary>
    ProxyFull,

    /// <summary>Too many clients, of this source or in total, have not logged in yet.</summary>
    TooManyUnauthenticated,

    /// <summary>Unauthenticated clients had taken all places; this was the oldest of the source with most.</summary>
    Displaced,

    /// <summary>Too many connections of this source came to nothing a short while ago.</summary>
    SourcePenalized,

    /// <summary>The connection came from a balancer, and its PROXY header was missing or malformed.</summary>
    ProxyHeaderInvalid,

    /// <summary>The client broke the protocol.</summary>
    ClientProtocolError,

    /// <summary>No algorithm in common with the client, or its part of the first exchange is unacceptable.</summary>
    ClientKeyExchangeFailed,

    /// <summary>The pod's sshd broke the protocol during the session.</summary>
    PodProtocolError,

    /// <summary>The client did not finish the key exchange or the authentication in time.</summary>
    ClientTooSlow,

    /// <summary>The client offered no key that the session authorises.</summary>
    AuthenticationFailed,

    /// <summary>
    /// A CONNECT asked for a session that does not exist, does not allow passthrough, or takes no logins now; the
    /// client is not told which.
    /// </summary>
    PassthroughRefused,

    /// <summary>The client's certificate has a restriction that the plain gateway key cannot hand on.</summary>
    CertificateRestricted,

    /// <summary>The session takes no logins: access is Draining or Disabled.</summary>
    AccessRefused,

    /// <summary>The session's expiresAt has passed, before the login or during the session.</summary>
    SessionExpired,

    /// <summary>Access became Disabled while the connection was open.</summary>
    SessionDisabled,

    /// <summary>The key or certificate that let the client in was revoked while the connection was open.</summary>
    KeyRevoked,

    /// <summary>Somebody closed the connection at the operator.</summary>
    ClosedByAdministrator,

    /// <summary>The session has maxConnections open in this proxy, or there are too many passthroughs.</summary>
    TooManyConnections,

    /// <summary>Nothing went over the connection's channels for the session's idleTimeout.</summary>
    IdleTimeout,

    /// <summary>The session has no pod.</summary>
    NoPod,

    /// <summary>The session's pod is not ready.</summary>
    PodNotReady,

    /// <summary>The session's pod is going away.</summary>
    PodTerminating,

    /// <summary>The session changed while the login was under way.</summary>
    SessionChanged,

    /// <summary>No TCP connection to the pod.</summary>
    PodUnreachable,

    /// <summary>The pod's sshd did not complete the SSH handshake.</summary>
    PodHandshakeFailed,

    /// <summary>The pod showed a host key that it must not have.</summary>
    PodHostKeyMismatch,

    /// <summary>The pod's sshd refused our certificate.</summary>
    PodRefusedLogin,

    /// <summary>The session's pod has no sshd, and Proxy:ExecRelays is empty.</summary>
    ExecRelayMissing,

    /// <summary>No exec relay could be connected to, or completed the SSH handshake.</summary>
    ExecRelayUnreachable,

    /// <summary>An exec relay showed a host key that is none of Proxy:ExecRelayHostKeys.</summary>
    ExecRelayHostKeyMismatch,

    /// <summary>The exec relay refused our certificate.</summary>
    ExecRelayRefusedLogin,

    /// <summary>A key exchange with the client did not come to an end during the session.</summary>
    ClientKeyExchangeTimeout,

    /// <summary>A key exchange with the pod did not come to an end during the session.</summary>
    PodKeyExchangeTimeout,

    /// <summary>This proxy stops.</summary>
    ProxyStopping,

    /// <summary>The session is to be recorded, and the recording could not be begun or went wrong.</summary>
    RecordingFailed,

    /// <summary>A defect of the gateway.</summary>
    InternalError,
}
