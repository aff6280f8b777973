namespace SshGateway.Operator.Kubernetes.Api;

/// <summary>The API server answered, and said no.</summary>
internal sealed class ApiException(ApiStatus status, TimeSpan? retryAfter)
    : Exception($"{status.Code} {status.Reason ?? "(no reason)"}: {status.Message ?? "(no message)"}")
{
    public ApiStatus Status { get; } = status;

    /// <summary>How long the server wants to be left alone.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter ?? status.RetryAfter;
}
