namespace SshGateway.Operator.Model;

/// <summary>One of <c>status.conditions</c>.</summary>
internal sealed record PodCondition
{
    public string? Type { get; init; }

    public string? Status { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }
}
