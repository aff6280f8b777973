namespace SshGateway.Proxy.Pods;

/// <summary>Bounds of a login at a pod. docs/configuration.md describes those that can be set.</summary>
internal sealed record PodLoginLimits
{
    /// <summary>How long a login waits for a pod that is on its way; zero: not at all.</summary>
    public TimeSpan WaitForPod { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>For the TCP connection.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a login waits for a handshake slot of its pod, and then for handshake and login.</summary>
    public TimeSpan LoginTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After how long a pod that does not acknowledge, or take, what is sent to it is gone.</summary>
    public TimeSpan PeerTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Connections tried while the pod closes them before its identification. The pauses between them grow, to some 4 s
    /// together: a busy sshd learns late that logins have ended, and counts them against MaxStartups until then.
    /// </summary>
    public int Attempts { get; init; } = 6;

    /// <summary>Handshakes at once with one pod, from this proxy.</summary>
    public int HandshakesPerPod { get; init; } = 4;
}
