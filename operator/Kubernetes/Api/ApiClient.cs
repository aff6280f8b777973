using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace SshGateway.Operator.Kubernetes.Api;

/// <summary>
/// KubernetesClient's typed operations, sent by our own HttpClient on a connection that no watch shares. The library's
/// own client is never created: given a CA, it does not compare the server's name (docs/adr/0019).
/// </summary>
/// <param name="http">The connection; disposed of with this.</param>
internal sealed class ApiClient(HttpClient http, TimeProvider time) : AbstractKubernetes, IDisposable
{
    /// <summary>Enough for a healthy server, and short enough to renew a lease again before it expires.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private static readonly Dictionary<string, IReadOnlyList<string>> NoHeaders = [];

    /// <summary>Reads what the library has no operation for, or not in this representation.</summary>
    /// <exception cref="ApiException">The server refused.</exception>
    /// <exception cref="HttpRequestException">The server was not reached, or the connection broke.</exception>
    /// <exception cref="TimeoutException">The server did not answer.</exception>
    public async Task<byte[]> GetAsync(string path, string? accept, CancellationToken cancellationToken)
    {
        // Each endpoint chooses its own media type if none is asked for. The issuer's keys are not application/json.
        Dictionary<string, IReadOnlyList<string>>? headers = accept is null ? null : new() { ["Accept"] = [accept] };
        using HttpResponseMessage response =
            await SendRequest<object?>(path, HttpMethod.Get, headers, null, cancellationToken);
        return await response.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    public void Dispose() => http.Dispose();

    /// <summary>Every operation of the library ends here. When this returns, the body has been read.</summary>
    protected override async Task<HttpResponseMessage> SendRequest<T>(
        string relativeUri, HttpMethod method, IReadOnlyDictionary<string, IReadOnlyList<string>>? customHeaders, T body,
        CancellationToken cancellationToken)
    {
        using var expiry = new CancellationTokenSource(Limit, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(expiry.Token, cancellationToken);
        using var request = new HttpRequestMessage(method, new Uri(relativeUri, UriKind.Relative))
        {
            Version = http.DefaultRequestVersion,
            VersionPolicy = http.DefaultVersionPolicy,
            Content = Encode(body),
        };
        foreach ((string name, IReadOnlyList<string> values) in customHeaders ?? NoHeaders)
        {
            request.Headers.Add(name, values);
        }
        try
        {
            HttpResponseMessage response = await http.SendAsync(request, either.Token);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }
            using (response)
            {
                throw await ApiError.ReadAsync(response, time, either.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{method} {relativeUri} was not answered within {Limit.TotalSeconds} s");
        }
    }

    /// <exception cref="JsonException">The answer is not such an object.</exception>
    protected override async Task<HttpOperationResponse<T>> CreateResultAsync<T>(
        HttpRequestMessage httpRequest, HttpResponseMessage httpResponse, bool? watch, CancellationToken cancellationToken)
    {
        var result = new HttpOperationResponse<T> { Request = httpRequest, Response = httpResponse };
        // A custom resource comes back as an object that nobody reads.
        if (typeof(T) != typeof(object))
        {
            byte[] json = await httpResponse.Content.ReadAsByteArrayAsync(cancellationToken);
            result.Body = JsonSerializer.Deserialize(json, (JsonTypeInfo<T>)FindType(typeof(T)))
                ?? throw new JsonException("the API server answered null");
        }
        return result;
    }

    private ByteArrayContent? Encode(object? body)
    {
        if (body is null)
        {
            return null;
        }
        object json = body is V1Patch patch ? patch.Content : body;
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(json, FindType(json.GetType())));
        content.Headers.ContentType = GetHeader(body);
        return content;
    }

    private static JsonTypeInfo FindType(Type type) =>
        ApiJson.Default.GetTypeInfo(type) ?? throw new NotSupportedException($"add {type} to {nameof(ApiJson)}");
}
