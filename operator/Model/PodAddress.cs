namespace SshGateway.Operator.Model;

/// <summary>One of <c>status.podIPs</c>.</summary>
internal sealed record PodAddress
{
    public string? Ip { get; init; }
}
