namespace SshGateway.Ssh.Transport;

/// <summary>The peer closed the connection without a DISCONNECT.</summary>
internal sealed class PeerClosedException() : Exception("the peer closed the connection");
