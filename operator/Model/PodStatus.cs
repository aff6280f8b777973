namespace SshGateway.Operator.Model;

/// <summary><c>status</c> of a Pod.</summary>
internal sealed record PodStatus
{
    public string? Phase { get; init; }

    public string? PodIP { get; init; }

    public DateTimeOffset? StartTime { get; init; }

    public IReadOnlyList<PodCondition>? Conditions { get; init; }
}
