namespace SshGateway.Proxy.Ssh.Wire;

/// <summary>Reason codes of SSH_MSG_DISCONNECT: RFC 4253 section 11.1.</summary>
internal enum DisconnectReason : uint
{
    HostNotAllowedToConnect = 1,
    ProtocolError = 2,
    KeyExchangeFailed = 3,
    MacError = 5,
    ServiceNotAvailable = 7,
    HostKeyNotVerifiable = 9,
    ConnectionLost = 10,
    ByApplication = 11,
    TooManyConnections = 12,
    NoMoreAuthMethodsAvailable = 14,
}
