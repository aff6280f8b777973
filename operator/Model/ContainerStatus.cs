namespace SshGateway.Operator.Model;

/// <summary>One of a pod's <c>status.containerStatuses</c>: why it does not run.</summary>
internal sealed record ContainerStatus
{
    public string? Name { get; init; }

    public StatePart? State { get; init; }

    /// <summary><c>state</c>.</summary>
    internal sealed record StatePart
    {
        public CausePart? Waiting { get; init; }

        public CausePart? Terminated { get; init; }
    }

    /// <summary>Why it waits or ended.</summary>
    internal sealed record CausePart
    {
        public string? Reason { get; init; }

        public string? Message { get; init; }
    }
}
