using System.Net.Http.Headers;

namespace SshGateway.Operator.Kubernetes.Api;

/// <summary>Single requests to the API server, on a connection that no watch shares.</summary>
internal sealed class ApiWriter(HttpClient http, TimeProvider time)
{
    private const string Json = "application/json";

    /// <summary>Longer than a healthy server needs, and short enough that a lease can be renewed again before it runs out.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    public Task<byte[]> GetAsync(string path, CancellationToken cancellationToken) => SendAsync(HttpMethod.Get, path, null, null, cancellationToken);

    /// <param name="path">The path, and the query.</param>
    /// <param name="accept">The representation that is wanted.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task<byte[]> GetAsync(string path, string accept, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, path, null, accept, cancellationToken);

    public Task<byte[]> CreateAsync(string path, byte[] body, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, path, Content(body, Json), null, cancellationToken);

    /// <summary>A merge patch (RFC 7386). One with <c>metadata.resourceVersion</c> only succeeds on that version.</summary>
    public Task<byte[]> PatchAsync(string path, byte[] patch, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Patch, path, Content(patch, "application/merge-patch+json"), null, cancellationToken);

    private static ByteArrayContent Content(byte[] body, string type)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return content;
    }

    /// <exception cref="ApiException">The server said no.</exception>
    /// <exception cref="HttpRequestException">The server was not reached, or the connection broke.</exception>
    /// <exception cref="TimeoutException">The server did not answer.</exception>
    private async Task<byte[]> SendAsync(HttpMethod method, string path, HttpContent? content, string? accept, CancellationToken cancellationToken)
    {
        using var expiry = new CancellationTokenSource(Limit, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(expiry.Token, cancellationToken);
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative))
        {
            Version = http.DefaultRequestVersion,
            VersionPolicy = http.DefaultVersionPolicy,
            Content = content,
        };
        // Only where it matters: the issuer's keys are of a media type of their own, and refused to who asks for JSON.
        if (accept is not null)
        {
            request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse(accept));
        }
        try
        {
            using HttpResponseMessage response = await http.SendAsync(request, either.Token);
            return response.IsSuccessStatusCode
                ? await response.Content.ReadAsByteArrayAsync(either.Token)
                : throw await ApiError.ReadAsync(response, time, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{method} {path} was not answered within {Limit.TotalSeconds} s");
        }
    }
}
