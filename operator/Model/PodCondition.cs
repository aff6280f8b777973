namespace SshGateway.Operator.Model;

/// <summary>One of <c>status.conditions</c>.</summary>
internal sealed record PodCondition
{
    public string? Type { get; init; }

    public string? Status { get; init; }
}
