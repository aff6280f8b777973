namespace SshGateway.Operator.Kubernetes.Api;

/// <summary>What every object of an API server says of itself, however little of the rest can be decoded.</summary>
internal sealed record ObjectIdentity
{
    public MetadataPart? Metadata { get; init; }

    /// <summary><c>metadata</c>.</summary>
    internal sealed record MetadataPart
    {
        public string? Name { get; init; }

        public string? Namespace { get; init; }

        public string? Uid { get; init; }

        public string? ResourceVersion { get; init; }
    }
}
