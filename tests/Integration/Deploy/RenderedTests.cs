using System.Text.Json;
using System.Text.RegularExpressions;
using SshGateway.Operator.Configuration;
using SshGateway.Proxy.Configuration;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;

namespace SshGateway.Tests.Integration.Deploy;

/// <summary>What kustomize makes of deploy/.</summary>
public sealed partial class RenderedTests
{
    private static readonly string[] Newer = ["PodDisruptionBudget", "HorizontalPodAutoscaler", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"];

    [KubectlFact]
    public async Task The_base_has_all_that_the_gateway_needs()
    {
        IReadOnlyList<JsonElement> all = await Kustomize.RenderAsync("deploy");

        string[] expected =
        [
            "Namespace ssh-gateway", "Namespace claude-sessions", "CustomResourceDefinition claudesessions.tars.cloudwalk.network",
            "ServiceAccount ssh-gateway-operator", "ServiceAccount ssh-gateway-proxy",
            "ClusterRole ssh-gateway-operator", "ClusterRole ssh-gateway-operator-sessions", "ClusterRole tars", "Role ssh-gateway-operator", "Role tars",
            "ClusterRoleBinding ssh-gateway-operator", "RoleBinding ssh-gateway-operator", "RoleBinding ssh-gateway-operator", "RoleBinding tars", "RoleBinding tars",
            "Deployment ssh-gateway-operator", "Deployment ssh-gateway-proxy", "Service ssh-gateway", "Service ssh-gateway-operator",
            "NetworkPolicy ssh-gateway-proxy", "NetworkPolicy ssh-gateway-operator", "NetworkPolicy ssh-from-the-gateway-only",
            "PodDisruptionBudget ssh-gateway-proxy", "PodDisruptionBudget ssh-gateway-operator", "HorizontalPodAutoscaler ssh-gateway-proxy",
            "ValidatingAdmissionPolicy ssh-gateway-session-label", "ValidatingAdmissionPolicyBinding ssh-gateway-session-label",
        ];
        Assert.Equal(expected.Order(StringComparer.Ordinal), all.Select(o => $"{o.Kind()} {o.Name()}").Order(StringComparer.Ordinal));
        JsonElement service = all.Single(o => o.Kind() == "Service" && o.Name() == "ssh-gateway").GetProperty("spec");
        Assert.Equal(("LoadBalancer", "Local", 2222), (Text(service, "type"), Text(service, "externalTrafficPolicy"), service.GetProperty("ports")[0].GetProperty("port").GetInt32()));
        JsonElement feed = all.Single(o => o.Kind() == "Service" && o.Name() == "ssh-gateway-operator").GetProperty("spec");
        Assert.Equal("None", Text(feed, "clusterIP"));
    }

    [KubectlFact]
    public async Task A_proxy_is_given_the_time_that_its_sessions_are_given()
    {
        IReadOnlyList<JsonElement> all = await Kustomize.RenderAsync("deploy");
        var options = new ProxyOptions();
        TimeSpan needed = options.DrainDelay + options.DrainTimeout + TimeSpan.FromSeconds(30);
        Assert.InRange(needed.TotalSeconds, 60, Deployment(all, "ssh-gateway-proxy").At("spec.template.spec.terminationGracePeriodSeconds").GetInt32());
    }

    [KubectlFact]
    public async Task The_overlay_for_1_20_is_the_base_without_what_came_later()
    {
        IReadOnlyList<JsonElement> all = await Kustomize.RenderAsync("deploy");
        IReadOnlyList<JsonElement> legacy = await Kustomize.RenderAsync("deploy/overlays/legacy-1.20");

        Assert.Equal(
            all.Where(o => !Newer.Contains(o.Kind())).Select(o => $"{o.Kind()} {o.Name()}"),
            legacy.Select(o => $"{o.Kind()} {o.Name()}"));
        Assert.Equal(2, Deployment(legacy, "ssh-gateway-proxy").At("spec.replicas").GetInt32());
        Assert.False(Deployment(all, "ssh-gateway-proxy").GetProperty("spec").TryGetProperty("replicas", out _), "the autoscaler's number would be overwritten");
    }

    [KubectlFact]
    public async Task The_overlay_for_kind_has_a_NodePort_and_local_images()
    {
        IReadOnlyList<JsonElement> all = await Kustomize.RenderAsync("deploy/overlays/kind");

        JsonElement service = all.Single(o => o.Kind() == "Service" && o.Name() == "ssh-gateway").GetProperty("spec");
        JsonElement port = service.GetProperty("ports")[0];
        Assert.Equal(("NodePort", 32222, "ssh"), (Text(service, "type"), port.GetProperty("nodePort").GetInt32(), Text(port, "targetPort")));
        Assert.DoesNotContain(all, o => o.Kind() == "HorizontalPodAutoscaler");
        Assert.Equal(
            ["ssh-gateway-operator:dev", "ssh-gateway-proxy:dev"],
            all.Where(o => o.Kind() == "Deployment").Select(o => Text(o.At("spec.template.spec.containers")[0], "image")).Order(StringComparer.Ordinal));
    }

    [KubectlTheory]
    [InlineData("deploy")]
    [InlineData("deploy/overlays/kind")]
    [InlineData("deploy/overlays/legacy-1.20")]
    public async Task Pods_are_restricted_and_probed(string directory)
    {
        IReadOnlyList<JsonElement> all = await Kustomize.RenderAsync(directory);

        Assert.All(all.Where(o => o.Kind() == "Namespace"), o => Assert.Equal("restricted", Text(o.At("metadata.labels"), "pod-security.kubernetes.io/enforce")));
        JsonElement[] deployments = [.. all.Where(o => o.Kind() == "Deployment")];
        Assert.Equal(2, deployments.Length);
        Assert.All(deployments, deployment => AssertRestricted(deployment.At("spec.template.spec")));
        Assert.All(deployments, deployment =>
        {
            JsonElement container = deployment.At("spec.template.spec.containers")[0];
            Assert.Equal(("/healthz", "/readyz"), (Text(container.At("livenessProbe.httpGet"), "path"), Text(container.At("readinessProbe.httpGet"), "path")));
        });
    }

    [Fact]
    public void The_example_pod_is_restricted_as_its_namespace_demands() =>
        AssertRestricted(Manifest.Load("deploy/examples/claude-pod.yaml").Single(o => o.Kind() == "Pod").GetProperty("spec"));

    [KubectlFact]
    public async Task The_proxy_has_one_token_and_none_for_the_API_server()
    {
        IReadOnlyList<JsonElement> all = await Kustomize.RenderAsync("deploy");

        Assert.False(all.Single(o => o.Kind() == "ServiceAccount" && o.Name() == "ssh-gateway-proxy").GetProperty("automountServiceAccountToken").GetBoolean());
        JsonElement pod = Deployment(all, "ssh-gateway-proxy").At("spec.template.spec");
        Assert.False(pod.GetProperty("automountServiceAccountToken").GetBoolean());
        JsonElement token = Assert.Single(pod.GetProperty("volumes").EnumerateArray(), v => v.TryGetProperty("projected", out _)).At("projected.sources")[0];
        Assert.Equal("ssh-gateway-operator", Text(token.GetProperty("serviceAccountToken"), "audience"));
        // No binding names it: it may do nothing.
        Assert.DoesNotContain(
            all.Where(o => o.Kind().EndsWith("Binding", StringComparison.Ordinal) && o.TryGetProperty("subjects", out _)),
            o => o.GetProperty("subjects").EnumerateArray().Any(s => Text(s, "name") == "ssh-gateway-proxy"));
    }

    [KubectlFact]
    public async Task Every_option_that_is_set_is_one_of_the_program()
    {
        IReadOnlyList<JsonElement> all = await Kustomize.RenderAsync("deploy");

        AssertKeys(Deployment(all, "ssh-gateway-operator"), OperatorOptions.Section, typeof(OperatorOptions));
        AssertKeys(Deployment(all, "ssh-gateway-proxy"), ProxyOptions.Section, typeof(ProxyOptions));
    }

    [KubectlFact]
    public async Task Images_and_their_users_are_those_of_the_Dockerfiles()
    {
        IReadOnlyList<JsonElement> all = await Kustomize.RenderAsync("deploy");

        foreach (string program in (string[])["operator", "proxy"])
        {
            JsonElement pod = Deployment(all, $"ssh-gateway-{program}").At("spec.template.spec");
            string dockerfile = await File.ReadAllTextAsync(Repository.File($"Dockerfile.{program}"));
            // $APP_UID of the .NET images, which they never changed: a number, for runAsNonRoot cannot judge a name.
            Assert.Contains("USER $APP_UID", dockerfile, StringComparison.Ordinal);
            Assert.Equal(1654, pod.At("securityContext.runAsUser").GetInt32());
            string[] exposed = [.. Exposed().Match(dockerfile).Groups[1].Value.Split(' ')];
            Assert.Equal(exposed, pod.GetProperty("containers")[0].GetProperty("ports").EnumerateArray().Select(p => p.GetProperty("containerPort").ToString()));
        }
    }

    private static JsonElement Deployment(IEnumerable<JsonElement> all, string name) => all.Single(o => o.Kind() == "Deployment" && o.Name() == name);

    // https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted, and a read-only root on top.
    internal static void AssertRestricted(JsonElement pod)
    {
        Assert.True(pod.At("securityContext.runAsNonRoot").GetBoolean());
        Assert.NotEqual(0, pod.At("securityContext.runAsUser").GetInt32());
        Assert.Equal("RuntimeDefault", Text(pod.At("securityContext.seccompProfile"), "type"));
        Assert.All(pod.GetProperty("containers").EnumerateArray(), container =>
        {
            JsonElement security = container.GetProperty("securityContext");
            Assert.False(security.GetProperty("allowPrivilegeEscalation").GetBoolean());
            Assert.True(security.GetProperty("readOnlyRootFilesystem").GetBoolean());
            Assert.Equal("ALL", Assert.Single(security.At("capabilities.drop").EnumerateArray()).GetString());
            Assert.False(security.GetProperty("capabilities").TryGetProperty("add", out _));
        });
        string[] volumes = ["name", "configMap", "downwardAPI", "emptyDir", "projected", "secret"];
        if (pod.TryGetProperty("volumes", out JsonElement mounted))
        {
            Assert.Empty(mounted.EnumerateArray().SelectMany(v => v.EnumerateObject()).Select(p => p.Name).Except(volumes));
        }
        Assert.DoesNotContain((string[])["hostNetwork", "hostPID", "hostIPC"], name => pod.TryGetProperty(name, out _));
    }

    internal static void AssertKeys(JsonElement deployment, string section, Type options)
    {
        string[] keys = [.. options.GetProperties().Select(p => $"{section}__{p.Name}")];
        string[] set = [.. deployment.At("spec.template.spec.containers")[0].GetProperty("env").EnumerateArray().Select(e => Index().Replace(Text(e, "name")!, ""))];
        Assert.NotEmpty(set);
        Assert.Empty(set.Except(keys));
    }

    private static string? Text(JsonElement element, string property) => element.GetProperty(property).GetString();

    [GeneratedRegex("__[0-9]+$")]
    private static partial Regex Index();

    [GeneratedRegex("(?m)^EXPOSE (.+)$")]
    private static partial Regex Exposed();
}
