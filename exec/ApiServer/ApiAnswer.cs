using System.Net;
using System.Text;
using System.Text.Json;

namespace SshGateway.Exec.ApiServer;

/// <summary>Reads answers of the API server, within bounds.</summary>
internal static class ApiAnswer
{
    // etcd takes objects of 1.5 MiB by default.
    private const int MaxBytes = 4 * 1024 * 1024;

    /// <exception cref="HttpRequestException">The answer is too long, or breaks off.</exception>
    public static async Task<byte[]> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        await content.LoadIntoBufferAsync(MaxBytes, cancellationToken);
        return await content.ReadAsByteArrayAsync(cancellationToken);
    }

    /// <summary>Reads why the server refuses.</summary>
    public static async Task<ApiServerException> ReadRefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        byte[] body = await ReadAsync(response.Content, cancellationToken);
        string reason = StreamFailure.Text(ReadMessage(body));
        return response.StatusCode switch
        {
            HttpStatusCode.Unauthorized => Refusal(ApiServerFailure.NotAllowed, "The cluster's API server does not accept the credentials of the exec relay", reason),
            HttpStatusCode.Forbidden => Refusal(ApiServerFailure.NotAllowed, "The exec relay is not allowed to do this in the cluster", reason),
            HttpStatusCode.NotFound => Refusal(ApiServerFailure.Gone, "The session's pod is gone", reason),
            HttpStatusCode.TooManyRequests => Refusal(ApiServerFailure.Unavailable, "The cluster's API server is busy. Try again", reason),
            >= HttpStatusCode.InternalServerError => Refusal(ApiServerFailure.Unavailable, StreamFailure.Unreachable, reason),
            >= HttpStatusCode.BadRequest => Refusal(ApiServerFailure.Invalid, "The cluster's API server refuses the request", reason),
            _ => Refusal(ApiServerFailure.Unavailable, $"The cluster's API server answers with the HTTP status {(int)response.StatusCode}", ""),
        };
    }

    private static ApiServerException Refusal(ApiServerFailure kind, string sentence, string reason) =>
        new(kind, reason.Length == 0 ? $"{sentence}." : $"{sentence}: {reason}");

    // Kubelet, and proxies in between, answer in plain text.
    private static string ReadMessage(byte[] body)
    {
        try
        {
            if (JsonSerializer.Deserialize(body, KubernetesJson.Default.StatusObject)?.Message is { } message)
            {
                return message;
            }
        }
        catch (JsonException)
        {
        }
        return body.AsSpan().TrimStart(" \r\n"u8).StartsWith("<"u8) ? "" : Encoding.UTF8.GetString(body);
    }
}
