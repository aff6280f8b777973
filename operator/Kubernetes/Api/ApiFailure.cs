using System.Text.Json;

namespace SshGateway.Operator.Kubernetes.Api;

/// <summary>Failures of requests to the API server that are no fault of ours: they are retried or reported.</summary>
internal static class ApiFailure
{
    /// <summary>The server was not reached, did not answer, refused, or answered something else.</summary>
    public static bool IsAny(Exception exception) => exception is ApiException or JsonException || IsOfConnection(exception);

    /// <summary>The server was not reached or did not answer, or a token or CA file cannot be read.</summary>
    public static bool IsOfConnection(Exception exception) =>
        exception is HttpRequestException or IOException or UnauthorizedAccessException or TimeoutException;

    /// <returns>The object; null when there is none of this name.</returns>
    public static async Task<T?> OrNullAsync<T>(this Task<T> read)
        where T : class
    {
        try
        {
            return await read;
        }
        catch (ApiException exception) when (exception.Status.Code == 404)
        {
            return null;
        }
    }

    /// <returns>False when the server refused with one of these codes.</returns>
    public static async Task<bool> SucceedsUnlessAsync(this Task write, params int[] codes)
    {
        try
        {
            await write;
            return true;
        }
        catch (ApiException exception) when (codes.Contains(exception.Status.Code ?? 0))
        {
            return false;
        }
    }
}
