using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace SshGateway.Bench.Scale;

/// <summary>TARS and kubelet on the API server: sessions, pods, and what the pods' status says.</summary>
internal sealed class Cluster : IDisposable
{
    public const string Namespace = "default";

    private const int Parallelism = 64;
    private const string Key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJEsaKtDMLIjFR1a8jPbRMFL0rMl5IBKx4WAaiBSZUwh bench";
    private const string Sessions = $"apis/tars.cloudwalk.network/v1alpha1/namespaces/{Namespace}/claudesessions";
    private const string Pods = $"api/v1/namespaces/{Namespace}/pods";

    private readonly HttpClient _http;

    public Cluster(Uri server, string authority, string token)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(authority);
        var handler = new SocketsHttpHandler { MaxConnectionsPerServer = Parallelism, EnableMultipleHttp2Connections = true };
        handler.SslOptions.CertificateChainPolicy = policy;
        _http = new HttpClient(handler) { BaseAddress = server, Timeout = Timeout.InfiniteTimeSpan, DefaultRequestVersion = HttpVersion.Version20 };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <returns>When each was there, as the stopwatch's timestamp.</returns>
    public Task<IReadOnlyDictionary<string, long>> CreateSessionsAsync(IEnumerable<string> ids) => ForEachAsync(ids, (id, _) => SendAsync(HttpMethod.Post, Sessions, $$$$"""
        {"apiVersion": "tars.cloudwalk.network/v1alpha1", "kind": "ClaudeSession", "metadata": {"name": "{{{{id}}}}"},
         "spec": {"owner": {"user": "bench"}, "ssh": {"authorizedKeys": ["{{{{Key}}}}"]}}}
        """));

    /// <summary>A running, ready pod for each session, each with an address of its own.</summary>
    /// <param name="ids">The sessions.</param>
    /// <param name="network">The addresses' first number.</param>
    public Task CreatePodsAsync(IEnumerable<string> ids, int network) => ForEachAsync(ids, async (id, number) =>
    {
        await SendAsync(HttpMethod.Post, Pods, $$$$"""
            {"metadata": {"name": "{{{{id}}}}", "labels": {"tars.cloudwalk.network/session": "{{{{id}}}}", "app": "claude", "tier": "sessions"}},
             "spec": {"nodeName": "node-{{{{number % 50}}}}", "containers": [{"name": "claude", "image": "registry.example/claude:1", "ports": [{"containerPort": 2222}],
               "env": [{"name": "SESSION", "value": "{{{{id}}}}"}], "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}}}]}}
            """);
        await SendAsync(HttpMethod.Patch, $"{Pods}/{id}/status", $$$$"""
            {"status": {"phase": "Running", "podIP": "{{{{network}}}}.{{{{number >> 16}}}}.{{{{(number >> 8) & 255}}}}.{{{{number & 255}}}}", "startTime": "2026-01-01T00:00:00Z",
              "conditions": [{"type": "Ready", "status": "True"}, {"type": "PodScheduled", "status": "True"}],
              "containerStatuses": [{"name": "claude", "image": "registry.example/claude:1", "imageID": "", "ready": true, "restartCount": 0, "state": {"running": {}}}]}}
            """);
    });

    public Task SetReadyAsync(string id, bool isReady) => SendAsync(HttpMethod.Patch, $"{Pods}/{id}/status", $$$$"""
        {"status": {"conditions": [{"type": "Ready", "status": "{{{{(isReady ? "True" : "False")}}}}"}]}}
        """);

    public async Task<string> ReadVersionAsync()
    {
        using var list = JsonDocument.Parse(await _http.GetStringAsync(new Uri($"{Sessions}?limit=1", UriKind.Relative)));
        return list.RootElement.GetProperty("metadata").GetProperty("resourceVersion").GetString()!;
    }

    /// <summary>The sessions whose status says Ready, as they become it; some more than once.</summary>
    public async IAsyncEnumerable<string> WatchReadyAsync(string version, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The server ends the watch of who takes long for a burst; it goes on where it ended.
        while (true)
        {
            await using Stream stream = await _http.GetStreamAsync(new Uri($"{Sessions}?watch=1&resourceVersion={version}", UriKind.Relative), cancellationToken);
            using var reader = new StreamReader(stream);
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                using var change = JsonDocument.Parse(line);
                if (change.RootElement.GetProperty("type").GetString() == "ERROR")
                {
                    throw new InvalidOperationException($"the watch of the sessions failed: {line}");
                }
                JsonElement session = change.RootElement.GetProperty("object");
                JsonElement metadata = session.GetProperty("metadata");
                version = metadata.GetProperty("resourceVersion").GetString()!;
                if (session.TryGetProperty("status", out JsonElement status) && status.TryGetProperty("phase", out JsonElement phase) && phase.GetString() == "Ready")
                {
                    yield return metadata.GetProperty("name").GetString()!;
                }
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private static async Task<IReadOnlyDictionary<string, long>> ForEachAsync(IEnumerable<string> ids, Func<string, int, Task> action)
    {
        var done = new ConcurrentDictionary<string, long>();
        await Parallel.ForEachAsync(ids.Index(), new ParallelOptions { MaxDegreeOfParallelism = Parallelism }, async (item, _) =>
        {
            await action(item.Item, item.Index + 1);
            done[item.Item] = Stopwatch.GetTimestamp();
        });
        return done;
    }

    private async Task SendAsync(HttpMethod method, string path, string body)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Version = HttpVersion.Version20 };
        request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(method == HttpMethod.Patch ? "application/merge-patch+json" : "application/json"));
        using HttpResponseMessage response = await _http.SendAsync(request);
        if (!response.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"{method} {path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        }
    }
}
