namespace SshGateway.Operator.Model;

/// <summary>One of a session's <c>status.conditions</c>.</summary>
internal sealed record SessionCondition
{
    public string? Type { get; init; }

    /// <summary>True, False or Unknown.</summary>
    public string? Status { get; init; }

    public long? ObservedGeneration { get; init; }

    public DateTimeOffset? LastTransitionTime { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }
}
