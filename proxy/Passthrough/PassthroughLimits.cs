using SshGateway.Proxy.Configuration;
using SshGateway.Proxy.Limits;
using SshGateway.Proxy.Networks;

namespace SshGateway.Proxy.Passthrough;

/// <summary>
/// How many passthroughs there may be: a stranger reaches the pod's sshd through one, which counts all that have not logged in yet against MaxStartups
/// (10:30:100), without regard to whose they are.
/// </summary>
internal sealed class PassthroughLimits(ProxyOptions options)
{
    /// <summary>sshd's LoginGraceTime: whoever is still connected then has logged in.</summary>
    public static readonly TimeSpan LoginTime = TimeSpan.FromSeconds(120);

    /// <summary>Connections that are open, by where they come from.</summary>
    public PartitionedConcurrencyLimit<SourceNetwork> Sources { get; } = new(options.PassthroughPerSource);

    /// <summary>Connections that are younger than <see cref="LoginTime"/>, by pod UID.</summary>
    public PartitionedConcurrencyLimit<string> Pods { get; } = new(options.PassthroughPerPod);
}
