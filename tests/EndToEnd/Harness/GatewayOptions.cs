namespace SshGateway.Tests.EndToEnd.Harness;

/// <summary>How a gateway under test differs from the usual one.</summary>
internal sealed record GatewayOptions
{
    /// <summary>Where the operator reads from; null: the manifest directory.</summary>
    public IReadOnlyList<string>? OperatorSource { get; init; }

    /// <summary>One list of further command-line arguments for each proxy.</summary>
    public IReadOnlyList<IReadOnlyList<string>> ProxyArguments { get; init; } = [[], []];
}
