namespace SshGateway.Ssh.Sockets;

/// <summary>When a peer is gone of which nothing else is heard.</summary>
/// <param name="Unacknowledged">When it has not acknowledged, or not taken, what was sent to it for so long.</param>
/// <param name="Silent">When nothing is under way to it, and it has answered no keep-alive probe for so long.</param>
internal readonly record struct PeerTimeouts(TimeSpan Unacknowledged, TimeSpan Silent)
{
    /// <summary>The same for both.</summary>
    public PeerTimeouts(TimeSpan timeout) : this(timeout, timeout)
    {
    }

    /// <summary>Of the pods: they do not sleep, and one whose node is lost should not look as if it were in use.</summary>
    public PeerTimeouts OfPods => new(Unacknowledged);
}
