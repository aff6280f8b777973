namespace SshGateway.Operator.Kubernetes.Api;

/// <summary>A <c>Status</c>: why the API server did not do it (k8s.io/apimachinery, meta/v1).</summary>
internal sealed record ApiStatus
{
    /// <summary>The HTTP status code, also of an error inside a watch.</summary>
    public int Code { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }

    public DetailsPart? Details { get; init; }

    /// <summary>The history that was asked for is compacted away.</summary>
    public bool IsExpired => Code == 410 || Reason is "Expired" or "Gone";

    /// <summary>This server has not caught up with the version that was asked for; it says so as a timeout.</summary>
    public bool IsTooLargeResourceVersion => Details?.Causes?.Any(c => c.Reason == "ResourceVersionTooLarge") ?? false;

    public TimeSpan? RetryAfter => Details?.RetryAfterSeconds is > 0 and int seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary><c>details</c>.</summary>
    internal sealed record DetailsPart
    {
        public int? RetryAfterSeconds { get; init; }

        public IReadOnlyList<Cause>? Causes { get; init; }
    }

    /// <summary>One of <c>details.causes</c>.</summary>
    internal sealed record Cause
    {
        public string? Reason { get; init; }
    }
}
