using System.Net;
using System.Text.Json;
using SshGateway.Operator.Configuration;
using SshGateway.Proxy.Configuration;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Kubernetes;

namespace SshGateway.Tests.Integration.Deploy;

/// <summary>deploy/components/exec: what it adds, and what the relays may do at a real API server.</summary>
[Collection(DeployGroup.Name)]
public sealed class ExecComponentTests(KubernetesServer server) : IDisposable
{
    private const string HostKeys = "ssh-gateway-exec-host-keys";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [KubectlFact]
    public async Task It_adds_the_relays_and_nothing_to_an_installation_without_it()
    {
        IReadOnlyList<JsonElement> without = await Kustomize.RenderAsync("deploy");
        IReadOnlyList<JsonElement> with = await Kustomize.WithComponentAsync("exec");

        string[] added =
        [
            "ServiceAccount ssh-gateway-exec", "ClusterRole ssh-gateway-exec-sessions", "RoleBinding ssh-gateway-exec", "Role ssh-gateway-operator-exec",
            "RoleBinding ssh-gateway-operator-exec", "Deployment ssh-gateway-exec", "Service ssh-gateway-exec", "NetworkPolicy ssh-gateway-exec",
            "NetworkPolicy ssh-gateway-proxy-to-exec", "NetworkPolicy ssh-gateway-operator-from-exec", "PodDisruptionBudget ssh-gateway-exec",
        ];
        Kustomize.AssertAdds(added, without, with);
        Assert.DoesNotContain("exec-host-keys", string.Concat(without.Where(o => o.Kind() != "CustomResourceDefinition")), StringComparison.Ordinal);
    }

    [KubectlTheory]
    [InlineData("deploy", "exec")]
    [InlineData("deploy/overlays/legacy-1.20", "exec-legacy-1.20")]
    public async Task The_three_programs_name_the_same_keys_and_addresses(string overlay, string component)
    {
        JsonElement[] deployments = [.. (await Kustomize.WithComponentAsync(component, overlay: overlay)).Where(o => o.Kind() == "Deployment")];
        Dictionary<string, string> leader = Environment(deployments, "operator");
        Dictionary<string, string> proxy = Environment(deployments, "proxy");
        Dictionary<string, string> relay = Environment(deployments, "exec");

        Assert.Equal((HostKeys, HostKeys), (leader["Operator__ExecHostKeysSecret"], leader["Operator__ExecHostKeysConfigMap"]));
        Assert.Equal(HostKeys, Volume(deployments, "exec", relay["Exec__HostKeys__0"]).At("secret.secretName").GetString());
        Assert.Equal(HostKeys, Volume(deployments, "proxy", proxy["Proxy__ExecRelayHostKeys"]).At("configMap.name").GetString());
        Assert.Equal("ssh-gateway-exec.ssh-gateway.svc:2222", proxy["Proxy__ExecRelays__0"]);
        // The CA that signs what the proxies show, and the feed as the proxies have it.
        Assert.Equal(("ssh-gateway-user-ca", "user_ca.pub"), (Volume(deployments, "exec", Path.GetDirectoryName(relay["Exec__UserCa"])!).At("configMap.name").GetString(), Path.GetFileName(relay["Exec__UserCa"])));
        Assert.Equal(
            (proxy["Proxy__Operators__0"], proxy["Proxy__OperatorCA"], proxy["Proxy__OperatorToken"]), (relay["Exec__Operators__0"], relay["Exec__OperatorCA"], relay["Exec__OperatorToken"]));
        Assert.Equal(
            ["system:serviceaccount:ssh-gateway:ssh-gateway-proxy", "system:serviceaccount:ssh-gateway:ssh-gateway-exec"],
            leader.Where(variable => variable.Key.StartsWith("Operator__FeedClients__", StringComparison.Ordinal)).OrderBy(variable => variable.Key).Select(variable => variable.Value));
        RenderedTests.AssertKeys(Deployment(deployments, "operator"), OperatorOptions.Section, typeof(OperatorOptions));
        RenderedTests.AssertKeys(Deployment(deployments, "proxy"), ProxyOptions.Section, typeof(ProxyOptions));
    }

    [KubectlFact]
    public async Task The_relays_are_restricted_probed_and_reached_by_the_proxies_only()
    {
        IReadOnlyList<JsonElement> all = await Kustomize.WithComponentAsync("exec");
        JsonElement pod = Deployment(all, "exec").At("spec.template.spec");

        RenderedTests.AssertRestricted(pod);
        JsonElement container = pod.GetProperty("containers")[0];
        Assert.Equal(("/healthz", "/readyz"), (container.At("livenessProbe.httpGet.path").GetString(), container.At("readinessProbe.httpGet.path").GetString()));
        JsonElement policy = all.Single(o => o.Kind() == "NetworkPolicy" && o.Name() == "ssh-gateway-exec").GetProperty("spec");
        JsonElement ingress = Assert.Single(policy.GetProperty("ingress").EnumerateArray());
        Assert.Equal("ssh-gateway-proxy", Assert.Single(ingress.GetProperty("from").EnumerateArray()).At("podSelector.matchLabels").EnumerateObject().Single().Value.GetString());
        Assert.Equal("ssh", Assert.Single(ingress.GetProperty("ports").EnumerateArray()).GetProperty("port").GetString());
        // The proxies still have no permissions.
        Assert.DoesNotContain(
            all.Where(o => o.Kind().EndsWith("Binding", StringComparison.Ordinal) && o.TryGetProperty("subjects", out _)),
            o => o.GetProperty("subjects").EnumerateArray().Any(s => s.GetProperty("name").GetString() == "ssh-gateway-proxy"));
    }

    [DeployedFact]
    public async Task The_API_server_takes_the_objects_as_they_are_and_lets_a_relay_do_this_and_nothing_else()
    {
        await DeployedOverlay.ApplyAsync(server);
        await ApplyAsync();
        try
        {
            Assert.Equal("", await server.KubectlAsync("diff", "-k", _directory.Path));
            using Account relay = await Account.OfServiceAccountAsync(server, "ssh-gateway", "ssh-gateway-exec");
            foreach ((string inNamespace, string[] rules) in DeployedRules.ExecRelay)
            {
                Assert.Equal(rules, await relay.RulesAsync(inNamespace));
            }
            foreach ((HttpMethod method, string path) in new[]
            {
                (HttpMethod.Get, "api/v1/namespaces/claude-sessions/pods"),
                (HttpMethod.Delete, "api/v1/namespaces/claude-sessions/pods/claude-abc12"),
                (HttpMethod.Get, "api/v1/namespaces/claude-sessions/secrets"),
                (HttpMethod.Get, "api/v1/namespaces/claude-sessions/pods/claude-abc12/log"),
                (HttpMethod.Get, "api/v1/namespaces/claude-sessions/pods/claude-abc12/attach"),
                (HttpMethod.Get, "api/v1/namespaces/kube-system/pods/any/exec?command=sh"),
                (HttpMethod.Get, "api/v1/namespaces/ssh-gateway/secrets/ssh-gateway-user-ca"),
                (HttpMethod.Get, $"api/v1/namespaces/ssh-gateway/secrets/{HostKeys}"),
                (HttpMethod.Get, DeployedOverlay.Sessions),
            })
            {
                (HttpStatusCode status, _) = await relay.SendAsync(method, path);
                Assert.True(status == HttpStatusCode.Forbidden, $"{method} {path}: {status}");
            }
            // There is no such pod: it may ask.
            (HttpStatusCode exec, _) = await relay.SendAsync(HttpMethod.Get, "api/v1/namespaces/claude-sessions/pods/claude-abc12/exec?command=sh");
            Assert.Equal(HttpStatusCode.NotFound, exec);
        }
        finally
        {
            await server.KubectlAsync("delete", "-k", _directory.Path);
        }
    }

    [DeployedFact]
    public async Task The_leader_makes_the_host_keys_and_publishes_their_halves()
    {
        await DeployedOverlay.ApplyAsync(server);
        await ApplyAsync();
        try
        {
            await using (await DeployedOperator.StartReplicaAsync(server, more: [$"--Operator:ExecHostKeysSecret={HostKeys}", $"--Operator:ExecHostKeysConfigMap={HostKeys}"]))
            {
                await Eventually.TrueAsync(async () => await ReadAsync("configmap") is not null, "the public halves are published");
            }
            Dictionary<string, string> made = (await ReadAsync("secret"))!;
            Dictionary<string, string> published = (await ReadAsync("configmap"))!;
            Assert.Equal(["ssh_host_ecdsa_key", "ssh_host_ed25519_key"], made.Keys.Order(StringComparer.Ordinal));
            Assert.Equal(made.Keys.Select(file => file + ".pub").Order(StringComparer.Ordinal), published.Keys.Order(StringComparer.Ordinal));
            foreach ((string file, string content) in made)
            {
                string path = _directory.File(file);
                await File.WriteAllBytesAsync(path, Convert.FromBase64String(content));
                await Command.OutputAsync("chmod", "600", path);
                string shown = await Command.OutputAsync("ssh-keygen", "-y", "-f", path);
                Assert.Equal(shown.Trim().Split(' ')[..2], published[file + ".pub"].Trim().Split(' ')[..2]);
            }
        }
        finally
        {
            await server.KubectlAsync("delete", "-n", "ssh-gateway", "--ignore-not-found", $"secret/{HostKeys}", $"configmap/{HostKeys}");
            await server.KubectlAsync("delete", "-k", _directory.Path);
        }
    }

    // The relays' objects alone, without what a server of 1.20 does not have.
    private async Task ApplyAsync()
    {
        string component = Path.GetRelativePath(_directory.Path, Repository.File("deploy/components/exec"));
        _directory.Write("kustomization.yaml", $$"""
            resources: [{{component}}/objects, {{component}}/sessions]
            patches:
              - patch: |
                  $patch: delete
                  apiVersion: policy/v1
                  kind: PodDisruptionBudget
                  metadata: {name: ssh-gateway-exec, namespace: ssh-gateway}
              - target: {kind: Deployment}
                patch: |
                  - op: remove
                    path: /spec/template/spec/topologySpreadConstraints/0/matchLabelKeys
            """ + "\n");
        await server.KubectlAsync("apply", "--validate=false", "-k", _directory.Path);
    }

    private async Task<Dictionary<string, string>?> ReadAsync(string kind) =>
        await server.KubectlAsync("get", kind, HostKeys, "-n", "ssh-gateway", "--ignore-not-found", "-o", "json") is { Length: > 0 } text
            ? JsonSerializer.Deserialize<JsonElement>(text).GetProperty("data").Deserialize<Dictionary<string, string>>()
            : null;

    private static JsonElement Deployment(IEnumerable<JsonElement> all, string program) => all.Single(o => o.Kind() == "Deployment" && o.Name() == $"ssh-gateway-{program}");

    private static Dictionary<string, string> Environment(IEnumerable<JsonElement> all, string program) =>
        Deployment(all, program).At("spec.template.spec.containers")[0].GetProperty("env").EnumerateArray()
            .ToDictionary(e => e.GetProperty("name").GetString()!, e => e.GetProperty("value").GetString()!);

    private static JsonElement Volume(IEnumerable<JsonElement> all, string program, string path)
    {
        JsonElement pod = Deployment(all, program).At("spec.template.spec");
        string name = pod.GetProperty("containers")[0].GetProperty("volumeMounts").EnumerateArray()
            .Single(m => m.GetProperty("mountPath").GetString() == path).GetProperty("name").GetString()!;
        return pod.GetProperty("volumes").EnumerateArray().Single(v => v.GetProperty("name").GetString() == name);
    }
}
