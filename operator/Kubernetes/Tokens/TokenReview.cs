namespace SshGateway.Operator.Kubernetes.Tokens;

/// <summary>
/// A TokenReview of authentication.k8s.io/v1: the question whose a token is, and the answer. It names no audiences, so the
/// token has to be for the API server itself, as every ServiceAccount's usual token is.
/// </summary>
internal sealed record TokenReview
{
    public string? ApiVersion { get; init; }

    public string? Kind { get; init; }

    public SpecPart? Spec { get; init; }

    public StatusPart? Status { get; init; }

    /// <summary><c>spec</c>.</summary>
    internal sealed record SpecPart(string Token);

    /// <summary><c>status</c>.</summary>
    internal sealed record StatusPart
    {
        public bool Authenticated { get; init; }

        public UserPart? User { get; init; }
    }

    /// <summary><c>status.user</c>.</summary>
    internal sealed record UserPart
    {
        public string? Username { get; init; }
    }
}
