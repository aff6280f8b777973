namespace SshGateway.Exec.Connections;

/// <summary>How a connection ended.</summary>
internal enum ConnectionEnd
{
    /// <summary>The proxy closed it.</summary>
    Closed,

    /// <summary>It broke.</summary>
    Lost,

    /// <summary>The proxy broke the protocol.</summary>
    ProtocolError,

    /// <summary>There is no algorithm in common, or the proxy's part of a key exchange is not acceptable.</summary>
    KeyExchangeFailed,

    /// <summary>A key exchange did not go on.</summary>
    KeyExchangeTimeout,

    /// <summary>No certificate that was offered opens the session.</summary>
    AuthenticationFailed,

    /// <summary>The login took too long.</summary>
    LoginTimeout,

    /// <summary>The relay has as many connections as it may have.</summary>
    Full,

    /// <summary>The relay is shutting down.</summary>
    Stopping,

    /// <summary>A defect of the relay.</summary>
    InternalError,
}
