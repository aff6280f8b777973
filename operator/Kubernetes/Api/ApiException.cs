using System.Net.Http.Headers;
using System.Text.Json;

namespace SshGateway.Operator.Kubernetes.Api;

/// <summary>The API server answered, and said no.</summary>
internal sealed class ApiException(ApiStatus status, TimeSpan? retryAfter)
    : Exception($"{status.Code} {status.Reason ?? "(no reason)"}: {status.Message ?? "(no message)"}")
{
    public ApiStatus Status { get; } = status;

    /// <summary>How long the server wants to be left alone.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter ?? status.RetryAfter;
}

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

/// <summary>Reads why the server said no.</summary>
internal static class ApiError
{
    private const int MaxText = 200;

    public static async Task<ApiException> ReadAsync(HttpResponseMessage response, TimeProvider time, CancellationToken cancellationToken)
    {
        RetryConditionHeaderValue? retry = response.Headers.RetryAfter;
        TimeSpan? retryAfter = retry?.Delta ?? retry?.Date - time.GetUtcNow();
        string text = await response.Content.ReadAsStringAsync(cancellationToken);
        ApiStatus? status = null;
        try
        {
            status = JsonSerializer.Deserialize(text, ApiJson.Default.ApiStatus);
        }
        catch (JsonException)
        {
            // A proxy in between, or a server that is going down, answers in plain text.
        }
        status ??= new ApiStatus { Message = text.Length > MaxText ? text[..MaxText] : text };
        return new ApiException(status with { Code = (int)response.StatusCode }, retryAfter);
    }
}
