namespace SshGateway.Feed.Client;

/// <summary>What the feed client is told by a program's settings.</summary>
internal sealed class FeedOptions
{
    public required FeedProgram Program { get; init; }

    /// <summary>Feed addresses, <c>host:port</c>; one is taken at random for each connection.</summary>
    public required IReadOnlyList<string> Operators { get; init; }

    /// <summary>PEM file of who may sign the operators' certificates; null: plain HTTP, and no token.</summary>
    public required string? AuthoritiesFile { get; init; }

    /// <summary>The file of the bearer token; null together with <see cref="AuthoritiesFile"/>.</summary>
    public required string? TokenFile { get; init; }

    /// <summary>Names this process in the operator's log: 1 to 128 printable ASCII characters without spaces.</summary>
    public required string Id { get; init; }
}
