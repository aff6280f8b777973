namespace SshGateway.Operator.Model;

/// <summary>All objects that routing reads, at one moment.</summary>
internal sealed record ClusterObjects(IReadOnlyList<ClaudeSession> Sessions, IReadOnlyList<Pod> Pods);
