namespace SshGateway.Operator.Model;

/// <summary><c>spec.owner</c>.</summary>
internal sealed record SessionOwner
{
    public string? User { get; init; }

    public string? Team { get; init; }
}
