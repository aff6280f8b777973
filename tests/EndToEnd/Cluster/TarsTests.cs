using System.Text.Json;
using SshGateway.Tests.Support.Deploy;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>
/// TARS in a pod of its own asks the operator over TLS, with the token that kubelet renews for it; and what the
/// deployed roles let the accounts do.
/// </summary>
[Collection(ClusterGroup.Name)]
[Trait("Category", "Long")]
public sealed class TarsTests(GatewayCluster cluster)
{
    private const string MountedToken = "/var/run/secrets/kubernetes.io/serviceaccount/token";

    private static readonly string Session = GatewayCluster.SessionOn(ClusterNodes.First);

    [ClusterFact]
    public async Task TARS_learns_where_a_session_is_and_who_may_log_in()
    {
        await OtherPods.EnsureAsync(cluster);
        JsonElement pod = await cluster.GetAsync("pod", $"claude-{Session}", GatewayCluster.Sessions);
        string key = string.Join(' ', cluster.Alice.PublicLine.Split(' ')[..2]);
        (string status, JsonElement answer) = await AskAsync($"/internal/sessions/{Session}/pod", $"$(cat {OtherPods.OperatorToken})");
        Assert.Equal("200 OK", status);
        Assert.Equal($$"""{"service_host":"{{pod.At("status.podIP")}}","ssh_port":2222,"status":"running","reason":null}""", answer.GetRawText());

        (status, answer) = await AskAsync($"/internal/sessions/{Session}/ssh-key", $"$(cat {OtherPods.OperatorToken})");
        Assert.Equal("200 OK", status);
        Assert.Equal(key, answer.GetProperty("ssh_public_key").GetString());
        Assert.Equal([key], answer.GetProperty("ssh_public_keys").EnumerateArray().Select(line => line.GetString()));
    }

    [ClusterFact]
    public async Task Another_account_and_callers_without_a_token_learn_nothing()
    {
        await OtherPods.EnsureAsync(cluster);
        string proxy = (await cluster.PodsAsync(GatewayCluster.Proxies))[0].Name();
        (string Status, string Token)[] callers =
        [
            ("401 Unauthorized", ""),
            ("401 Unauthorized", "forged"),
            // For the API server.
            ("401 Unauthorized", $"$(cat {MountedToken})"),
            ("403 Forbidden", await TokenAsync(OtherPods.Tars, "default")),
            ("403 Forbidden", await TokenAsync("default", "default")),
            // What a proxy shows at the feed.
            ("403 Forbidden", await cluster.RunInPodAsync(GatewayCluster.Gateway, proxy, "cat /var/run/secrets/ssh-gateway/token")),
        ];
        foreach ((string expected, string token) in callers)
        {
            foreach (string question in (string[])["pod", "ssh-key"])
            {
                (string status, JsonElement answer) = await AskAsync($"/internal/sessions/{Session}/{question}", token);
                Assert.Equal(expected, status);
                Assert.Equal(["error"], answer.EnumerateObject().Select(property => property.Name));
            }
        }
    }

    [ClusterFact]
    public async Task Every_account_may_do_what_the_deployed_roles_say_and_nothing_else()
    {
        await AssertRulesAsync("ssh-gateway:ssh-gateway-operator", DeployedRules.OperatorWithExecRelays);
        await AssertRulesAsync("ssh-gateway:ssh-gateway-proxy", DeployedRules.Proxy);
        await AssertRulesAsync("tars:tars", DeployedRules.Tars);
    }

    private async Task AssertRulesAsync(string account, IReadOnlyDictionary<string, string[]> expected)
    {
        foreach ((string inNamespace, string[] rules) in expected)
        {
            string answer = await CreateAsync(DeployedRules.Review(inNamespace), "--raw", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", $"--as=system:serviceaccount:{account}");
            Assert.Equal(rules, DeployedRules.Describe(JsonSerializer.Deserialize<JsonElement>(answer)));
        }
    }

    /// <summary>
    /// A question from TARS's pod, by the name of the operator's Service, which the operator's certificate has to bear.
    /// </summary>
    /// <param name="path">What for.</param>
    /// <param name="token">The token, or what bash in the pod makes it of.</param>
    private async Task<(string Status, JsonElement Answer)> AskAsync(string path, string token)
    {
        const string Host = "ssh-gateway-operator.ssh-gateway.svc";
        string authorities = await cluster.Nodes.KubectlAsync(
            "-n", GatewayCluster.Gateway, "get", "configmap", "ssh-gateway-feed-ca", "-o", @"jsonpath={.data.ca\.crt}", $"--as=system:serviceaccount:{OtherPods.Tars}:{OtherPods.Tars}");
        string header = token.Length == 0 ? "" : $@"Authorization: Bearer {token}\r\n";
        // Kestrel closes without a close_notify alert, which s_client calls an error.
        string text = await cluster.RunInPodAsync(
            OtherPods.Tars, OtherPods.Tars,
            $"""
            printf "GET {path} HTTP/1.0\r\nHost: {Host}:7444\r\n{header}\r\n" |
              openssl s_client -quiet -verify_return_error -verify_hostname {Host} -servername {Host} -connect {Host}:7444 \
                -CAfile <(echo '{authorities}') 2>/dev/null || true
            """);
        Assert.StartsWith("HTTP/1.1 ", text, StringComparison.Ordinal);
        string[] parts = text.Split("\r\n\r\n", 2);
        return (parts[0].Split('\r')[0].Split(' ', 2)[1], JsonSerializer.Deserialize<JsonElement>(parts[1]));
    }

    private async Task<string> TokenAsync(string inNamespace, string account)
    {
        string answer = await CreateAsync(
            """{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"audiences": ["ssh-gateway-operator"]} }""",
            "--raw", $"/api/v1/namespaces/{inNamespace}/serviceaccounts/{account}/token");
        return JsonSerializer.Deserialize<JsonElement>(answer).At("status.token").GetString()!;
    }

    private async Task<string> CreateAsync(string json, params string[] arguments)
    {
        string file = Path.Combine(cluster.Nodes.Directory, $"{Guid.NewGuid():N}.json");
        await File.WriteAllTextAsync(file, json);
        return await cluster.Nodes.KubectlAsync(["create", "-f", file, .. arguments]);
    }
}
