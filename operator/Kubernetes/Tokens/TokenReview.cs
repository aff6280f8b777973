namespace SshGateway.Operator.Kubernetes.Tokens;

/// <summary>
/// A TokenReview of authentication.k8s.io/v1: the question whose a token is, and the answer. One that names no audiences is about
/// tokens for the API server itself, as every ServiceAccount's usual token is.
/// </summary>
internal sealed record TokenReview
{
    public string? ApiVersion { get; init; }

    public string? Kind { get; init; }

    public SpecPart? Spec { get; init; }

    public StatusPart? Status { get; init; }

    /// <summary><c>spec</c>.</summary>
    internal sealed record SpecPart(string Token, IReadOnlyList<string>? Audiences);

    /// <summary><c>status</c>.</summary>
    internal sealed record StatusPart
    {
        public bool Authenticated { get; init; }

        public UserPart? User { get; init; }

        /// <summary>Those that were asked about and are the token's; nothing from a server that did not look at them.</summary>
        public IReadOnlyList<string>? Audiences { get; init; }
    }

    /// <summary><c>status.user</c>.</summary>
    internal sealed record UserPart
    {
        public string? Username { get; init; }
    }
}
