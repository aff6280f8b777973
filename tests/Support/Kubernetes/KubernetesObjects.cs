using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace SshGateway.Tests.Support.Kubernetes;

/// <summary>
/// TARS and kubelet, as far as the tests need them: creates sessions and pods, and patches pods' status.
/// </summary>
internal sealed class KubernetesObjects(HttpClient http) : IDisposable
{
    public const string Key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJEsaKtDMLIjFR1a8jPbRMFL0rMl5IBKx4WAaiBSZUwh test";

    private const string Sessions = "apis/tars.cloudwalk.network/v1alpha1/namespaces";

    public async Task<bool> IsReadyAsync()
    {
        try
        {
            using HttpResponseMessage response = await http.GetAsync(new Uri("readyz", UriKind.Relative));
            return response.IsSuccessStatusCode;
        }
        // A server that starts on a busy machine may also be slow to take the connection.
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    /// <returns>A new namespace.</returns>
    public async Task<string> CreateNamespaceAsync()
    {
        string name = $"test-{Guid.NewGuid():N}"[..20];
        await SendAsync(HttpMethod.Post, "api/v1/namespaces", new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } });
        return name;
    }

    public Task CreateSessionAsync(string ofNamespace, string id, Action<JsonObject>? change = null)
    {
        var session = new JsonObject
        {
            ["apiVersion"] = "tars.cloudwalk.network/v1alpha1",
            ["kind"] = "ClaudeSession",
            ["metadata"] = new JsonObject { ["name"] = id },
            ["spec"] = new JsonObject
            {
                ["owner"] = new JsonObject { ["user"] = "ada" },
                ["ssh"] = new JsonObject { ["authorizedKeys"] = new JsonArray(Key) },
            },
        };
        change?.Invoke(session);
        return SendAsync(HttpMethod.Post, $"{Sessions}/{ofNamespace}/claudesessions", session);
    }

    public Task PatchSessionAsync(string ofNamespace, string id, JsonObject patch) =>
        SendAsync(HttpMethod.Patch, $"{Sessions}/{ofNamespace}/claudesessions/{id}", patch);

    public Task DeleteSessionAsync(string ofNamespace, string id) => SendAsync(HttpMethod.Delete, $"{Sessions}/{ofNamespace}/claudesessions/{id}");

    /// <summary>A pod that carries a session's label, and has neither an address nor a status yet.</summary>
    /// <returns>Its uid.</returns>
    public async Task<string> CreatePodAsync(string ofNamespace, string name, string? session, Action<JsonObject>? change = null)
    {
        var pod = new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["labels"] = session is null ? null : new JsonObject { ["tars.cloudwalk.network/session"] = session },
            },
            ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "claude", ["image"] = "claude" }) },
        };
        change?.Invoke(pod);
        return (await SendAsync(HttpMethod.Post, $"api/v1/namespaces/{ofNamespace}/pods", pod))["metadata"]!["uid"]!.GetValue<string>();
    }

    /// <summary>What kubelet does when the pod runs.</summary>
    /// <param name="ofNamespace">The pod's namespace.</param>
    /// <param name="pod">Its name.</param>
    /// <param name="address">Its address.</param>
    /// <param name="ready">Its Ready condition.</param>
    /// <param name="phase">Its phase.</param>
    /// <param name="started">Null: now. The API server keeps whole seconds.</param>
    public Task SetStatusAsync(string ofNamespace, string pod, string address, bool ready, string phase = "Running", DateTimeOffset? started = null) =>
        SendAsync(HttpMethod.Patch, $"api/v1/namespaces/{ofNamespace}/pods/{pod}/status", new JsonObject
        {
            ["status"] = new JsonObject
            {
                ["phase"] = phase,
                ["podIP"] = address,
                ["startTime"] = (started ?? DateTimeOffset.UtcNow).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture),
                ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = ready ? "True" : "False" }),
            },
        });

    /// <summary>What kubelet says of a container that runs.</summary>
    public Task SetRunningAsync(string ofNamespace, string pod, bool ready, string container = "claude") =>
        SendAsync(HttpMethod.Patch, $"api/v1/namespaces/{ofNamespace}/pods/{pod}/status", new JsonObject
        {
            ["status"] = new JsonObject
            {
                ["containerStatuses"] = new JsonArray(new JsonObject
                {
                    ["name"] = container,
                    ["image"] = "claude",
                    ["imageID"] = "",
                    ["ready"] = ready,
                    ["restartCount"] = 0,
                    ["state"] = new JsonObject { ["running"] = new JsonObject { ["startedAt"] = "2026-01-01T00:00:00Z" } },
                }),
            },
        });

    /// <summary>What kubelet says of a container that does not start.</summary>
    public Task SetWaitingAsync(string ofNamespace, string pod, string reason, string message) =>
        SendAsync(HttpMethod.Patch, $"api/v1/namespaces/{ofNamespace}/pods/{pod}/status", new JsonObject
        {
            ["status"] = new JsonObject
            {
                ["containerStatuses"] = new JsonArray(new JsonObject
                {
                    ["name"] = "claude",
                    ["image"] = "claude",
                    ["imageID"] = "",
                    ["ready"] = false,
                    ["restartCount"] = 0,
                    ["state"] = new JsonObject { ["waiting"] = new JsonObject { ["reason"] = reason, ["message"] = message } },
                }),
            },
        });

    /// <summary>Waits for a session's phase, and the reason of its Ready condition.</summary>
    /// <returns>Its status.</returns>
    public Task<JsonNode> UntilStatusAsync(string ofNamespace, string id, string phase, string reason, Func<JsonNode, bool>? condition = null) =>
        UntilStatusAsync(
            ofNamespace, id, $"{phase}, {reason}",
            status => status["phase"]?.GetValue<string>() == phase && Condition(status, "Ready")["reason"]!.GetValue<string>() == reason && condition?.Invoke(status) != false);

    public async Task<JsonNode> UntilStatusAsync(string ofNamespace, string id, string expectation, Func<JsonNode, bool> condition)
    {
        JsonNode? status = null;
        await Eventually.TrueAsync(
            async () => (status = (await ReadSessionAsync(ofNamespace, id))["status"]) is not null && condition(status),
            () => $"{id} is not {expectation}: {status}");
        return status!;
    }

    public static JsonNode Condition(JsonNode status, string type) => status["conditions"]!.AsArray().Single(c => c!["type"]!.GetValue<string>() == type)!;

    public Task<JsonNode> ReadSessionAsync(string ofNamespace, string id) => SendAsync(HttpMethod.Get, $"{Sessions}/{ofNamespace}/claudesessions/{id}");

    public Task DeletePodAsync(string ofNamespace, string name) => SendAsync(HttpMethod.Delete, $"api/v1/namespaces/{ofNamespace}/pods/{name}?gracePeriodSeconds=0");

    /// <summary>The cluster's present version.</summary>
    public async Task<string> ReadVersionAsync() =>
        (await SendAsync(HttpMethod.Get, "api/v1/namespaces"))["metadata"]!["resourceVersion"]!.GetValue<string>();

    /// <summary>A ConfigMap or Secret with the lines of an authorized_keys file.</summary>
    /// <param name="plural">Such as <c>configmaps</c>.</param>
    public Task CreateKeysAsync(string ofNamespace, string plural, string name, params string[] lines) =>
        SendAsync(HttpMethod.Post, $"api/v1/namespaces/{ofNamespace}/{plural}", new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = new JsonObject { ["tars.cloudwalk.network/authorized-keys"] = "" } },
            ["data"] = KeyData(plural, lines),
        });

    public Task SetKeysAsync(string ofNamespace, string plural, string name, params string[] lines) =>
        PatchKeysAsync(ofNamespace, plural, name, new JsonObject { ["data"] = KeyData(plural, lines) });

    public Task PatchKeysAsync(string ofNamespace, string plural, string name, JsonObject patch) =>
        SendAsync(HttpMethod.Patch, $"api/v1/namespaces/{ofNamespace}/{plural}/{name}", patch);

    public Task DeleteKeysAsync(string ofNamespace, string plural, string name) =>
        SendAsync(HttpMethod.Delete, $"api/v1/namespaces/{ofNamespace}/{plural}/{name}");

    public void Dispose() => http.Dispose();

    private static JsonObject KeyData(string plural, string[] lines)
    {
        string text = string.Join('\n', lines);
        return new JsonObject { ["authorized_keys"] = plural == "secrets" ? Convert.ToBase64String(Encoding.UTF8.GetBytes(text)) : text };
    }

    private async Task<JsonNode> SendAsync(HttpMethod method, string path, JsonObject? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Version = HttpVersion.Version20 };
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue(
                method == HttpMethod.Patch ? "application/merge-patch+json" : "application/json"));
        }
        using HttpResponseMessage response = await http.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {(int)response.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }
}
