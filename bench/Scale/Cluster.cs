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
    public const string Sessions = $"apis/tars.cloudwalk.network/v1alpha1/namespaces/{Namespace}/claudesessions";
    public const string Pods = $"api/v1/namespaces/{Namespace}/pods";

    private const int Parallelism = 64;
    private const string Key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJEsaKtDMLIjFR1a8jPbRMFL0rMl5IBKx4WAaiBSZUwh bench";

    private readonly HttpClient _http;

    // A watch that shares its connection with others' requests waits for them, and so do these for each other: kubelets
    // have connections of their own.
    private readonly HttpClient _watches;

    public Cluster(Uri server, string authority, string token)
    {
        _http = Open(server, authority, token);
        _watches = Open(server, authority, token);
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

    public async Task<string> ReadVersionAsync(string collection)
    {
        using var list = JsonDocument.Parse(await _http.GetStringAsync(new Uri($"{collection}?limit=1", UriKind.Relative)));
        return list.RootElement.GetProperty("metadata").GetProperty("resourceVersion").GetString()!;
    }

    /// <summary>
    /// Waits until the status of each of these sessions has said, since that version, that it is in this phase.
    /// </summary>
    /// <returns>When the last one did.</returns>
    public async Task<long> WaitForPhaseAsync(string version, string[] ids, string wanted)
    {
        HashSet<string> missing = [.. ids];
        await foreach (JsonElement session in WatchAsync(Sessions, version, CancellationToken.None))
        {
            if (session.TryGetProperty("status", out JsonElement status) && status.TryGetProperty("phase", out JsonElement phase) && phase.GetString() == wanted
                && missing.Remove(session.GetProperty("metadata").GetProperty("name").GetString()!) && missing.Count == 0)
            {
                break;
            }
        }
        return Stopwatch.GetTimestamp();
    }

    /// <summary>The objects of a collection as they change; each is good until the next one.</summary>
    public async IAsyncEnumerable<JsonElement> WatchAsync(string collection, string version, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The server ends the watch of who takes long for a burst; it goes on where it ended.
        while (true)
        {
            await using Stream stream = await _watches.GetStreamAsync(new Uri($"{collection}?watch=1&resourceVersion={version}", UriKind.Relative), cancellationToken);
            using var reader = new StreamReader(stream);
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                using var change = JsonDocument.Parse(line);
                if (change.RootElement.GetProperty("type").GetString() == "ERROR")
                {
                    throw new InvalidOperationException($"the watch of {collection} failed: {line}");
                }
                JsonElement changed = change.RootElement.GetProperty("object");
                version = changed.GetProperty("metadata").GetProperty("resourceVersion").GetString()!;
                yield return changed;
            }
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _watches.Dispose();
    }

    private static HttpClient Open(Uri server, string authority, string token)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(authority);
        var handler = new SocketsHttpHandler { MaxConnectionsPerServer = Parallelism, EnableMultipleHttp2Connections = true };
        handler.SslOptions.CertificateChainPolicy = policy;
        var http = new HttpClient(handler) { BaseAddress = server, Timeout = Timeout.InfiniteTimeSpan, DefaultRequestVersion = HttpVersion.Version20 };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return http;
    }

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
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Version = HttpVersion.Version11 };
        request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(method == HttpMethod.Patch ? "application/merge-patch+json" : "application/json"));
        using HttpResponseMessage response = await _http.SendAsync(request);
        if (!response.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"{method} {path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        }
    }
}
