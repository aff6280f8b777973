namespace SshGateway.Operator.Kubernetes.Leadership;

/// <summary>A Lease of coordination.k8s.io/v1.</summary>
internal sealed record Lease
{
    public string? ApiVersion { get; init; }

    public string? Kind { get; init; }

    public MetadataPart? Metadata { get; init; }

    public SpecPart? Spec { get; init; }

    /// <summary><c>metadata</c>.</summary>
    internal sealed record MetadataPart
    {
        public string? Name { get; init; }

        public string? ResourceVersion { get; init; }
    }

    /// <summary><c>spec</c>. The times are for people: clocks of two machines do not compare.</summary>
    internal sealed record SpecPart
    {
        /// <summary>Empty: released.</summary>
        public string? HolderIdentity { get; init; }

        public int? LeaseDurationSeconds { get; init; }

        public string? AcquireTime { get; init; }

        public string? RenewTime { get; init; }

        public int? LeaseTransitions { get; init; }
    }
}
