namespace SshGateway.Proxy.Pods;

/// <summary>Bounds of a login at a pod.</summary>
internal sealed record PodLoginLimits
{
    /// <summary>For the TCP connection.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <inheritdoc cref="Configuration.ProxyOptions.PodLoginTimeout"/>
    public TimeSpan LoginTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Connections tried while the pod closes them before its identification. The pauses between them grow, to some 4 s together: a busy sshd learns late that
    /// logins have ended, and counts them against MaxStartups until then.
    /// </summary>
    public int Attempts { get; init; } = 6;

    /// <summary>Handshakes at once with one pod, from this proxy.</summary>
    public int HandshakesPerPod { get; init; } = 4;
}
