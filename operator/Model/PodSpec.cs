namespace SshGateway.Operator.Model;

/// <summary><c>spec</c> of a Pod.</summary>
internal sealed record PodSpec
{
    /// <summary>The pod shares its node's address, so its address is not its own.</summary>
    public bool HostNetwork { get; init; }

    public string? NodeName { get; init; }
}
