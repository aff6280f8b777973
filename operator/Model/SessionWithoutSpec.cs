namespace SshGateway.Operator.Model;

/// <summary>What is read of a ClaudeSession whose spec cannot be: whose it is, and what its owner was last told.</summary>
internal sealed record SessionWithoutSpec
{
    public ObjectMeta? Metadata { get; init; }

    public SessionStatus? Status { get; init; }
}
