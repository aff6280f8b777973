namespace SshGateway.Operator.Kubernetes.Api;

/// <summary><c>metadata</c> of a list.</summary>
internal sealed record ListMeta
{
    public string? ResourceVersion { get; init; }

    /// <summary>Where the next page begins; empty on the last one.</summary>
    public string? Continue { get; init; }
}
