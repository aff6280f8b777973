namespace SshGateway.Ssh.Transport;

/// <summary>The peer ended the connection with a DISCONNECT.</summary>
/// <param name="reason">The peer's reason code.</param>
/// <param name="description">The peer's words, at most 1 KiB.</param>
internal sealed class PeerDisconnectedException(uint reason, string description) : Exception("the peer disconnected")
{
    public uint Reason { get; } = reason;

    public string Description { get; } = description;
}
