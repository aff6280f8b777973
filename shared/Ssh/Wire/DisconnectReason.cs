namespace SshGateway.Ssh.Wire;

/// <summary>The reason codes of SSH_MSG_DISCONNECT that the gateway gives: RFC 4253 section 11.1.</summary>
internal enum DisconnectReason : uint
{
    ProtocolError = 2,
    KeyExchangeFailed = 3,
    MacError = 5,
    ServiceNotAvailable = 7,
    HostKeyNotVerifiable = 9,
    ByApplication = 11,
    TooManyConnections = 12,
    NoMoreAuthMethodsAvailable = 14,
}
