namespace SshGateway.Proxy.Relay;

/// <summary>
/// Sees the messages of the connection protocol that a bridge relays, and holds the pumps up when it cannot follow.
/// Each method may be called by both pumps at once. None throws.
/// </summary>
internal interface IRelayTap
{
    /// <summary>A message on its way to the pod. It is valid only during the call.</summary>
    void FromClient(ReadOnlySpan<byte> message);

    /// <summary>A message on its way to the client. It is valid only during the call.</summary>
    void FromPod(ReadOnlySpan<byte> message);

    /// <summary>Called behind each read of a pump, which waits for it.</summary>
    ValueTask FlushAsync();
}
