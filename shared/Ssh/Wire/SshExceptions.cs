namespace SshGateway.Ssh.Wire;

/// <summary>
/// The peer broke the protocol, or no agreement with it is possible. The leg ends with a DISCONNECT that carries reason
/// and message.
/// </summary>
internal class SshProtocolException(DisconnectReason reason, string message) : Exception(message)
{
    public SshProtocolException(string message) : this(DisconnectReason.ProtocolError, message)
    {
    }

    public DisconnectReason Reason { get; } = reason;
}

/// <summary>There is no algorithm in common, or the peer's part of a key exchange is not acceptable.</summary>
internal sealed class KeyExchangeException(string message) : SshProtocolException(DisconnectReason.KeyExchangeFailed, message);

/// <summary>
/// Bytes from a peer or a file that are not what the format demands. The message says what is wrong and never quotes
/// the bytes.
/// </summary>
public sealed class SshFormatException(string message) : FormatException(message);
