using System.Globalization;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Api;

/// <summary>Lists and watches one kind of object in one namespace, or in all.</summary>
/// <param name="http">The connection for watches.</param>
/// <param name="ofNamespace">Null: all namespaces.</param>
internal sealed class ResourceClient<T>(HttpClient http, ApiResource<T> resource, string? ofNamespace, TimeProvider time)
    where T : KubernetesObject
{
    private static readonly TimeSpan ListLimit = TimeSpan.FromMinutes(2);

    // Beyond what the server was told to end the watch at: then it has forgotten it.
    private static readonly TimeSpan WatchGrace = TimeSpan.FromSeconds(30);

    private readonly string _selector = resource.Label is { } label ? $"&labelSelector={Uri.EscapeDataString(label)}" : "";

    /// <summary>What is watched, for the log.</summary>
    public string Collection { get; } = resource.Collection(ofNamespace);

    public ApiResource<T> Resource => resource;

    /// <param name="query">Such as <c>limit=500&amp;continue=…</c>; may be empty.</param>
    /// <exception cref="ApiException">The server said no.</exception>
    /// <exception cref="HttpRequestException">The server was not reached, or the connection broke.</exception>
    /// <exception cref="JsonException">The answer is no list.</exception>
    public async Task<ListPage<T>> ListAsync(string query, CancellationToken cancellationToken)
    {
        using var expiry = new CancellationTokenSource(ListLimit, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(expiry.Token, cancellationToken);
        try
        {
            using HttpResponseMessage response = await SendAsync(query, either.Token);
            await using Stream body = await response.Content.ReadAsStreamAsync(either.Token);
            return await new ListReader<T>(resource).ReadAsync(body, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"the list of {Collection} was not there after {ListLimit.TotalSeconds} s");
        }
    }

    /// <summary>The version that the cluster is at: read from etcd, whatever a server's cache has.</summary>
    public async Task<string> ReadVersionAsync(CancellationToken cancellationToken) =>
        (await ListAsync("resourceVersion=&limit=1", cancellationToken)).Metadata.ResourceVersion ?? "";

    /// <summary>Watches from a version on, until the server ends it, as is normal, or time is up by far.</summary>
    /// <exception cref="ApiException">The server said no.</exception>
    /// <exception cref="HttpRequestException">The server was not reached.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="JsonException">The answer is no watch.</exception>
    /// <exception cref="TimeoutException">The server neither sent anything nor ended it.</exception>
    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync(
        string resourceVersion, TimeSpan timeout, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var expiry = new CancellationTokenSource(timeout + WatchGrace, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(expiry.Token, cancellationToken);
        string seconds = ((int)timeout.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        string query = $"watch=1&allowWatchBookmarks=true&resourceVersion={Uri.EscapeDataString(resourceVersion)}&timeoutSeconds={seconds}";
        using HttpResponseMessage response = await InTimeAsync(SendAsync(query, either.Token), cancellationToken);
        await using Stream body = await response.Content.ReadAsStreamAsync(either.Token);
        await using IAsyncEnumerator<WatchEvent<T>> events = new WatchReader<T>(resource).ReadAsync(body, either.Token).GetAsyncEnumerator(CancellationToken.None);
        while (await InTimeAsync(events.MoveNextAsync().AsTask(), cancellationToken))
        {
            yield return events.Current;
        }
    }

    // What is cancelled, and not by the caller, has run out of its time.
    private async Task<TResult> InTimeAsync<TResult>(Task<TResult> step, CancellationToken cancellationToken)
    {
        try
        {
            return await step;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"the server did not end the watch of {Collection} in time");
        }
    }

    private async Task<HttpResponseMessage> SendAsync(string query, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"{Collection}?{query}{_selector}", UriKind.Relative))
        {
            Version = http.DefaultRequestVersion,
            VersionPolicy = http.DefaultVersionPolicy,
        };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }
        using (response)
        {
            throw await ApiError.ReadAsync(response, time, cancellationToken);
        }
    }
}
