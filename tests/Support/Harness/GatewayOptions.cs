namespace SshGateway.Tests.Support.Harness;

/// <summary>How a gateway under test differs from the usual one.</summary>
internal sealed record GatewayOptions
{
    /// <summary>Where each operator reads from; null: the manifest directory.</summary>
    public IReadOnlyList<IReadOnlyList<string>?> OperatorSources { get; init; } = [null];

    /// <summary>At which port the proxies find the operator that listens on this one; null: there.</summary>
    public Func<int, int>? FeedThrough { get; init; }

    /// <summary>Whether the feed is readable, and so can be changed, on its way.</summary>
    public bool IsFeedInsecure { get; init; }

    /// <summary>Proxy:HostKeys; null: the files of the gateway's keys.</summary>
    public IReadOnlyList<string>? HostKeyPaths { get; init; }

    /// <summary>What starts the proxies, such as prlimit with its arguments; empty: nothing.</summary>
    public IReadOnlyList<string> ProxyLauncher { get; init; } = [];

    /// <summary>One list of further command-line arguments for each proxy.</summary>
    public IReadOnlyList<IReadOnlyList<string>> ProxyArguments { get; init; } = [[], []];
}
