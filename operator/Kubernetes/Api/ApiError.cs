using System.Net.Http.Headers;
using System.Text.Json;

namespace SshGateway.Operator.Kubernetes.Api;

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
