namespace SshGateway.Operator.Model;

/// <summary><c>spec.pod</c>: which pod is the session's, by name or by labels.</summary>
internal sealed record PodSelection
{
    public string? Name { get; init; }

    public IReadOnlyDictionary<string, string>? MatchLabels { get; init; }

    /// <summary>Pins one incarnation of the pod.</summary>
    public string? Uid { get; init; }
}
