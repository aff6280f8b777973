using System.Text.Json;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Deploy.Helm;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.Integration.Deploy.Helm;

/// <summary>What each value of the chart does.</summary>
public sealed class ChartValuesTests
{
    private const string Operator = "Deployment ssh-gateway/ssh-gateway-operator";
    private const string Proxy = "Deployment ssh-gateway/ssh-gateway-proxy";
    private const string Service = "Service ssh-gateway/ssh-gateway";
    private const string Autoscaler = "HorizontalPodAutoscaler ssh-gateway/ssh-gateway-proxy";
    private const string OperatorPolicy = "NetworkPolicy ssh-gateway/ssh-gateway-operator";
    private const string ProxyPolicy = "NetworkPolicy ssh-gateway/ssh-gateway-proxy";
    private const string PodPolicy = "NetworkPolicy claude-sessions/ssh-from-the-gateway-only";
    private const string Tars = "RoleBinding claude-sessions/tars";
    private const string FeedCaReader = "RoleBinding ssh-gateway/tars";

    private const string OperatorMonitor = "PodMonitor ssh-gateway/ssh-gateway-operator";
    private const string ProxyMonitor = "PodMonitor ssh-gateway/ssh-gateway-proxy";
    private const string ExecMonitor = "PodMonitor ssh-gateway/ssh-gateway-exec";
    private const string Alerts = "PrometheusRule ssh-gateway/ssh-gateway";
    private const string MonitoringPolicy = "NetworkPolicy ssh-gateway/ssh-gateway-monitoring";
    private const string Relay = "Deployment ssh-gateway/ssh-gateway-exec";
    private const string RelayPolicy = "NetworkPolicy ssh-gateway/ssh-gateway-exec";
    private const string WithExec = "exec.enabled=true";
    private const string Monitored = "monitoring.enabled=true";

    // Value, what to set it to, what that changes; and what else has to be set for it to count.
    private static readonly Change[] Changes =
    [
        new("imagePullSecrets", """[{"name": "registry"}]""", [Operator, Proxy]),
        new("crds.enabled", "false", ["CustomResourceDefinition claudesessions.tars.cloudwalk.network"]),
        new("sessions.namespaces", """["claude-sessions", "more"]""",
            [Operator, "Namespace more", "NetworkPolicy more/ssh-from-the-gateway-only", "RoleBinding more/ssh-gateway-operator", "RoleBinding more/tars"]),
        new("sessions.createNamespaces", "false", ["Namespace claude-sessions"]),
        new("tars.namespace", "\"other\"", [Operator, OperatorPolicy, Tars, FeedCaReader]),
        new("tars.serviceAccount", "\"other\"", [Operator, Tars, FeedCaReader]),
        .. Workload("operator", Operator),
        .. Workload("proxy", Proxy),
        new("operator.replicas", "3", [Operator]),
        new("operator.authorizedKeysSecrets", "true",
            [Operator, "ClusterRole ssh-gateway-operator-authorized-keys", "RoleBinding claude-sessions/ssh-gateway-operator-authorized-keys"]),
        new("proxy.replicas", "3", [Proxy], """proxy.autoscaling.enabled=false"""),
        new("operator.podDisruptionBudget.enabled", "false", ["PodDisruptionBudget ssh-gateway/ssh-gateway-operator"]),
        new("proxy.podDisruptionBudget.enabled", "false", ["PodDisruptionBudget ssh-gateway/ssh-gateway-proxy"]),
        new("proxy.maxConnections", "1000000", [Proxy]),
        new("proxy.proxyProtocolFrom", """["10.0.0.0/8", "2001:db8::/32"]""", [Proxy]),
        new("proxy.revokedKeysConfigMap", "\"ssh-gateway-revoked-keys\"", [Proxy]),
        new("proxy.recordingsClaim", "\"ssh-gateway-recordings\"", [Proxy]),
        new("proxy.terminationGracePeriodSeconds", "60", [Proxy]),
        new("proxy.autoscaling.enabled", "false", [Proxy, Autoscaler]),
        new("proxy.autoscaling.minReplicas", "3", [Autoscaler]),
        new("proxy.autoscaling.maxReplicas", "20", [Autoscaler]),
        new("proxy.autoscaling.targetCPUUtilizationPercentage", "50", [Autoscaler]),
        new("exec.enabled", "true",
        [
            Operator, Proxy, Relay, RelayPolicy, "NetworkPolicy ssh-gateway/ssh-gateway-proxy-to-exec", "NetworkPolicy ssh-gateway/ssh-gateway-operator-from-exec",
            "ServiceAccount ssh-gateway/ssh-gateway-exec", "ClusterRole ssh-gateway-exec-sessions", "RoleBinding claude-sessions/ssh-gateway-exec",
            "Role ssh-gateway/ssh-gateway-operator-exec", "RoleBinding ssh-gateway/ssh-gateway-operator-exec", "Service ssh-gateway/ssh-gateway-exec",
            "PodDisruptionBudget ssh-gateway/ssh-gateway-exec",
        ]),
        .. Workload("exec", Relay).Select(change => change with { With = [WithExec] }),
        new("exec.replicas", "3", [Relay], WithExec),
        new("exec.terminationGracePeriodSeconds", "60", [Relay], WithExec),
        new("exec.podDisruptionBudget.enabled", "false", ["PodDisruptionBudget ssh-gateway/ssh-gateway-exec"], WithExec),
        new("networkPolicies.execEgress", """[{"ports": [{"port": 4317}]}]""", [RelayPolicy], WithExec),
        new("service.type", "\"ClusterIP\"", [Service]),
        new("service.port", "22", [Service]),
        new("service.nodePort", "32222", [Service]),
        new("service.annotations", """{"example.com/balancer": "internal"}""", [Service]),
        new("service.externalTrafficPolicy", "\"Cluster\"", [Service]),
        new("service.loadBalancerClass", "\"example.com/balancer\"", [Service]),
        new("service.loadBalancerSourceRanges", """["192.0.2.0/24"]""", [Service]),
        new("service.externalIPs", """["192.0.2.1"]""", [Service]),
        new("networkPolicies.enabled", "false", [OperatorPolicy, ProxyPolicy, PodPolicy]),
        new("networkPolicies.podPorts", "[2222, 22]", [ProxyPolicy, PodPolicy]),
        new("networkPolicies.apiServerPorts", "[443]", [OperatorPolicy]),
        new("networkPolicies.operatorIngress", """[{"ports": [{"port": "http"}]}]""", [OperatorPolicy]),
        new("networkPolicies.operatorEgress", """[{"ports": [{"port": 4317}]}]""", [OperatorPolicy]),
        new("networkPolicies.proxyIngress", """[{"ports": [{"port": "http"}]}]""", [ProxyPolicy]),
        new("networkPolicies.proxyEgress", """[{"ports": [{"port": 4317}]}]""", [ProxyPolicy]),
        new("admissionPolicy.enabled", "false",
            ["ValidatingAdmissionPolicy ssh-gateway-session-label", "ValidatingAdmissionPolicyBinding ssh-gateway-session-label"]),
        new("monitoring.enabled", "true", [OperatorMonitor, ProxyMonitor, ExecMonitor, Alerts, MonitoringPolicy, "ConfigMap ssh-gateway/ssh-gateway-dashboard"]),
        new("monitoring.prometheusNamespace", "\"observability\"", [MonitoringPolicy], Monitored),
        new("monitoring.labels", """{"release": "prometheus"}""", [OperatorMonitor, ProxyMonitor, ExecMonitor, Alerts], Monitored),
        new("monitoring.runbookUrl", "\"https://example.com/runbook\"", [Alerts], Monitored),
    ];

    public static TheoryData<string> Paths => [.. Changes.Select(change => change.Path)];

    [HelmFact]
    public void Every_value_has_a_test() =>
        Assert.Equal(
            ValuesFile.Read().Select(value => value.Path).Order(StringComparer.Ordinal),
            Changes.Select(change => change.Path).Order(StringComparer.Ordinal));

    [HelmTheory]
    [MemberData(nameof(Paths))]
    public async Task A_value_changes_what_it_is_for(string path)
    {
        Change change = Changes.Single(c => c.Path == path);

        Dictionary<string, JsonElement> before = await RenderAsync(change.With);
        Dictionary<string, JsonElement> after = await RenderAsync([.. change.With, $"{path}={change.Json}"]);

        IEnumerable<string> changed = before.Keys.Union(after.Keys)
            .Where(key => !before.TryGetValue(key, out JsonElement old) || !after.TryGetValue(key, out JsonElement now) || !JsonElement.DeepEquals(old, now));
        Assert.Equal(change.Changed.Order(StringComparer.Ordinal), changed.Order(StringComparer.Ordinal));
    }

    [HelmFact]
    public async Task A_variable_that_the_chart_sets_as_well_is_replaced()
    {
        // Server-side apply refuses a name that comes twice.
        Dictionary<string, JsonElement> all = await RenderAsync(["""proxy.extraEnv=[{"name": "Proxy__UserCaKey", "value": ""}, {"name": "Proxy__GatewayKey", "value": "/keys/key"}]"""]);

        (string? Name, string? Value)[] variables =
        [
            .. all[Proxy].At("spec.template.spec.containers")[0].GetProperty("env").EnumerateArray()
                .Select(e => (e.GetProperty("name").GetString(), e.GetProperty("value").GetString())),
        ];
        Assert.Equal(variables.Length, variables.DistinctBy(v => v.Name).Count());
        Assert.Contains(("Proxy__UserCaKey", ""), variables);
        Assert.Contains(("Proxy__GatewayKey", "/keys/key"), variables);
    }

    [HelmFact]
    public async Task A_digest_takes_the_place_of_the_tag()
    {
        string digest = $"sha256:{new string('a', 64)}";

        Dictionary<string, JsonElement> all = await RenderAsync(["""proxy.image.tag="1.2" """, $"proxy.image.digest=\"{digest}\""]);

        Assert.Equal($"ssh-gateway-proxy@{digest}", all[Proxy].At("spec.template.spec.containers")[0].GetProperty("image").GetString());
    }

    [HelmTheory]
    [InlineData("operator.replcas=3", "additional properties 'replcas' not allowed")]
    [InlineData("service.type=\"Loadbalancer\"", "/service/type")]
    [InlineData("proxy.image.digest=\"sha256:1\"", "/proxy/image/digest")]
    [InlineData("sessions.namespaces=[]", "/sessions/namespaces")]
    [InlineData("sessions.namespaces=[\"Sessions\"]", "/sessions/namespaces/0")]
    [InlineData("proxy.proxyProtocolFrom=[\"10.0.0.1\"]", "/proxy/proxyProtocolFrom/0")]
    // The policy would admit every namespace.
    [InlineData("monitoring.prometheusNamespace=\"\"", "/monitoring/prometheusNamespace")]
    public async Task A_bad_value_is_refused_by_name(string value, string expected)
    {
        CommandResult result = await HelmProgram.TryAsync("template", "ssh-gateway", ChartFiles.Directory, "--set-json", value);

        Assert.False(result.Succeeded, result.ToString());
        Assert.Contains(expected, result.ErrorText, StringComparison.Ordinal);
    }

    private static Change[] Workload(string values, string deployment) =>
    [
        new($"{values}.image.repository", "\"registry.example.com/image\"", [deployment]),
        new($"{values}.image.tag", "\"1.2\"", [deployment]),
        new($"{values}.image.digest", $"\"sha256:{new string('a', 64)}\"", [deployment]),
        new($"{values}.image.pullPolicy", "\"Always\"", [deployment]),
        new($"{values}.extraEnv", """[{"name": "TZ", "value": "UTC"}]""", [deployment]),
        new($"{values}.extraVolumes", """[{"name": "log", "emptyDir": {}}]""", [deployment]),
        new($"{values}.extraVolumeMounts", """[{"name": "log", "mountPath": "/log"}]""", [deployment]),
        new($"{values}.resources", """{"requests": {"cpu": "1"}}""", [deployment]),
        new($"{values}.podLabels", """{"team": "platform"}""", [deployment]),
        new($"{values}.podAnnotations", """{"example.com/scrape": "true"}""", [deployment]),
        new($"{values}.nodeSelector", """{"pool": "edge"}""", [deployment]),
        new($"{values}.tolerations", """[{"key": "edge", "operator": "Exists"}]""", [deployment]),
        new($"{values}.affinity", """{"nodeAffinity": {}}""", [deployment]),
        new($"{values}.topologySpreadConstraints", "[]", [deployment]),
        new($"{values}.priorityClassName", "\"system-cluster-critical\"", [deployment]),
    ];

    private static async Task<Dictionary<string, JsonElement>> RenderAsync(IEnumerable<string> values) =>
        (await HelmProgram.RenderAsync(ChartFiles.Directory, [.. values.SelectMany(value => (string[])["--set-json", value])])).ToDictionary(o => o.Identity());

    private sealed record Change(string Path, string Json, string[] Changed, params string[] With);
}
