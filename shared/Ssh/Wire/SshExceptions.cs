namespace SshGateway.Ssh.Wire;

/// <summary>A broken protocol, or no agreement. The leg ends with a DISCONNECT of this reason and message.</summary>
internal class SshProtocolException(DisconnectReason reason, string message) : Exception(message)
{
    public SshProtocolException(string message) : this(DisconnectReason.ProtocolError, message)
    {
    }

    public DisconnectReason Reason { get; } = reason;
}

/// <summary>There is no algorithm in common, or the peer's part of a key exchange is not acceptable.</summary>
internal sealed class KeyExchangeException(string message) : SshProtocolException(DisconnectReason.KeyExchangeFailed, message);

/// <summary>Malformed bytes from a peer or a file. The message says what is wrong and never quotes them.</summary>
internal sealed class SshFormatException(string message) : FormatException(message);
