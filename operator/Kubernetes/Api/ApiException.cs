using System.Net.Http.Headers;
using System.Text.Json;
using k8s.Models;

namespace SshGateway.Operator.Kubernetes.Api;

/// <summary>The API server answered, and said no.</summary>
internal sealed class ApiException(V1Status status, TimeSpan? retryAfter)
    : Exception($"{status.Code} {status.Reason ?? "(no reason)"}: {status.Message ?? "(no message)"}")
{
    /// <summary>Why; its code is the HTTP status code, also of an error inside a watch.</summary>
    public V1Status Status { get; } = status;

    /// <summary>How long the server wants to be left alone.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter ?? status.RetryAfter;
}

/// <summary>What a <c>Status</c> (k8s.io/apimachinery, meta/v1) means for a reader.</summary>
internal static class ApiStatus
{
    extension(V1Status status)
    {
        /// <summary>The history that was asked for is compacted away.</summary>
        public bool IsExpired => status.Code == 410 || status.Reason is "Expired" or "Gone";

        /// <summary>The server is behind the version that was asked for; it says so as a timeout.</summary>
        public bool IsTooLargeResourceVersion => status.Details?.Causes?.Any(c => c.Reason == "ResourceVersionTooLarge") ?? false;

        public TimeSpan? RetryAfter => status.Details?.RetryAfterSeconds is > 0 and int seconds ? TimeSpan.FromSeconds(seconds) : null;
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
        V1Status? status = null;
        try
        {
            status = JsonSerializer.Deserialize(text, ApiJson.Default.V1Status);
        }
        catch (JsonException)
        {
            // A proxy in between, or a server that is going down, answers in plain text.
        }
        status ??= new V1Status { Message = text.Length > MaxText ? text[..MaxText] : text };
        status.Code = (int)response.StatusCode;
        return new ApiException(status, retryAfter);
    }
}
