namespace SshGateway.Proxy.Pods;

/// <summary>Bounds of a login at a pod.</summary>
internal sealed record PodLoginLimits
{
    /// <summary>For the TCP connection.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <inheritdoc cref="Configuration.ProxyOptions.PodLoginTimeout"/>
    public TimeSpan LoginTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Connections tried while the pod hangs up before its identification.</summary>
    public int Attempts { get; init; } = 3;

    /// <summary>Handshakes at once with one pod, from this proxy.</summary>
    public int HandshakesPerPod { get; init; } = 4;
}
