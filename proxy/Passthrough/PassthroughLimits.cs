using SshGateway.Proxy.Limits;
using SshGateway.Proxy.Networks;
using SshGateway.Proxy.Pods;

namespace SshGateway.Proxy.Passthrough;

/// <summary>
/// How many passthroughs there may be: a stranger reaches the pod's sshd through one, which counts all that have not
/// logged in yet against MaxStartups (10:30:100), without regard to whose they are.
/// </summary>
/// <param name="perSource">Connections that one source may have open.</param>
/// <param name="perPod">Connections to one pod that may not have logged in yet.</param>
internal sealed class PassthroughLimits(int perSource, int perPod)
{
    /// <summary>sshd's LoginGraceTime: whoever is still connected then has logged in.</summary>
    public static readonly TimeSpan LoginTime = TimeSpan.FromSeconds(120);

    /// <summary>How long a connection waits for a place at its pod, as logins at the gateway do.</summary>
    public static readonly TimeSpan PlaceTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Connections that are open, by where they come from.</summary>
    public PartitionedConcurrencyLimit<SourceNetwork> Sources { get; } = new(perSource);

    /// <summary>Connections that are younger than <see cref="LoginTime"/>, by pod UID.</summary>
    public HandshakeSlots Pods { get; } = new(perPod);
}
