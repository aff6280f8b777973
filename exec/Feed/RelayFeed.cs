using SshGateway.Feed.Client;

namespace SshGateway.Exec.Feed;

/// <summary>What the shared feed client is told about the relay.</summary>
internal static class RelayFeed
{
    /// <summary>The category of the client's log lines.</summary>
    public const string Log = "SshGateway.Exec.Feed";

    public static readonly FeedProgram Program = new(
        "relay", "Exec", "sshgateway.exec", "The relay may refuse the proxies' certificates");
}
