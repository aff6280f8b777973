namespace SshGateway.Ssh.Wire;

/// <summary>The peer broke the protocol, or no agreement with it is possible. The leg ends with a DISCONNECT that carries reason and message.</summary>
internal sealed class SshProtocolException(DisconnectReason reason, string message) : Exception(message)
{
    public SshProtocolException(string message) : this(DisconnectReason.ProtocolError, message)
    {
    }

    public DisconnectReason Reason { get; } = reason;
}
