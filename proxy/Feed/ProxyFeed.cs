using SshGateway.Feed.Client;

namespace SshGateway.Proxy.Feed;

/// <summary>What the shared feed client is told about the proxy.</summary>
internal static class ProxyFeed
{
    /// <summary>The categories of the client's log lines, which people filter by.</summary>
    public const string ClientLog = "SshGateway.Proxy.Feed.FeedClient";

    /// <inheritdoc cref="ClientLog"/>
    public const string ClockLog = "SshGateway.Proxy.Sessions.OperatorClock";

    public static readonly FeedProgram Program = new(
        "proxy", "Proxy", "sshgateway.proxy", "Pods may refuse logins, and sessions may expire early or late");
}
