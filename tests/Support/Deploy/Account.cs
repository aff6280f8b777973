using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using SshGateway.Kubernetes.ApiServer;
using SshGateway.Kubernetes.Kubeconfig;
using SshGateway.Tests.Support.Kubernetes;

namespace SshGateway.Tests.Support.Deploy;

/// <summary>Somebody at the real API server, with no more than a token.</summary>
internal sealed class Account(KubernetesServer server, string token) : IDisposable
{
    private readonly HttpClient _http = ApiConnection.Open(KubeconfigReader.Read(server.Kubeconfig(user: $"token: {token}"), TimeProvider.System));

    /// <summary>A ServiceAccount, by a token that the API server made for it.</summary>
    public static async Task<Account> OfServiceAccountAsync(KubernetesServer server, string ofNamespace, string name) =>
        new(server, await TokenAsync(server, ofNamespace, name));

    /// <param name="audience">Null: the API server itself.</param>
    public static async Task<string> TokenAsync(KubernetesServer server, string ofNamespace, string name, string? audience = null)
    {
        string request = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(request, $$"""{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 14400, "audiences": {{(audience is null ? "null" : $"[\"{audience}\"]")}}} }""");
            string answer = await server.KubectlAsync("create", "--raw", $"/api/v1/namespaces/{ofNamespace}/serviceaccounts/{name}/token", "-f", request);
            return JsonSerializer.Deserialize<JsonElement>(answer).At("status.token").GetString()!;
        }
        finally
        {
            File.Delete(request);
        }
    }

    public async Task<(HttpStatusCode Status, JsonElement Answer)> SendAsync(HttpMethod method, string path, string? json = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Version = HttpVersion.Version20 };
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, new MediaTypeHeaderValue(method == HttpMethod.Patch ? "application/merge-patch+json" : "application/json"));
        }
        using HttpResponseMessage response = await _http.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text.StartsWith('{') ? JsonSerializer.Deserialize<JsonElement>(text) : JsonSerializer.SerializeToElement(text));
    }

    /// <summary>All that it may do in a namespace: see <see cref="DeployedRules"/>.</summary>
    public async Task<IEnumerable<string>> RulesAsync(string inNamespace)
    {
        (HttpStatusCode status, JsonElement answer) = await SendAsync(HttpMethod.Post, "apis/authorization.k8s.io/v1/selfsubjectrulesreviews", DeployedRules.Review(inNamespace));
        Assert.True(status == HttpStatusCode.Created, answer.ToString());
        return DeployedRules.Describe(answer);
    }

    public void Dispose() => _http.Dispose();
}
