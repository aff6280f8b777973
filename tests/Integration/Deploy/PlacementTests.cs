using System.Text.Json;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;

namespace SshGateway.Tests.Integration.Deploy;

/// <summary>Where deploy/ puts the pods, which images they run, and which nodes answer clients.</summary>
public sealed class PlacementTests
{
    private const string Hostname = "kubernetes.io/hostname";
    private const string Zone = "topology.kubernetes.io/zone";

    // The scheduler ignores a node that lacks the label of any one constraint, so a zone constraint switches the other
    // off where nodes have no zone.
    [KubectlTheory]
    [InlineData("deploy")]
    [InlineData("deploy/overlays/kind")]
    [InlineData("deploy/overlays/legacy-1.20")]
    public async Task Replicas_are_spread_over_nodes_without_the_help_of_zones(string directory)
    {
        foreach (JsonElement pod in await PodsAsync(directory))
        {
            JsonElement constraint = Assert.Single(pod.At("spec.topologySpreadConstraints").EnumerateArray());
            Assert.Equal(Hostname, constraint.GetProperty("topologyKey").GetString());
            Assert.Equal("ScheduleAnyway", constraint.GetProperty("whenUnsatisfiable").GetString());
            // The new pods of a rollout spread among themselves; counted with the old ones, both may end up on one
            // node.
            Assert.Equal(
                directory.EndsWith("legacy-1.20", StringComparison.Ordinal) ? null : "pod-template-hash",
                constraint.TryGetProperty("matchLabelKeys", out JsonElement keys) ? Assert.Single(keys.EnumerateArray()).GetString() : null);
        }
    }

    [KubectlFact]
    public async Task The_component_for_zones_spreads_over_zones_as_well()
    {
        foreach (JsonElement pod in Pods(await Kustomize.WithComponentAsync("zones")))
        {
            JsonElement[] constraints = [.. pod.At("spec.topologySpreadConstraints").EnumerateArray()];
            Assert.Equal([Hostname, Zone], constraints.Select(c => c.GetProperty("topologyKey").GetString()));
            // Otherwise the same.
            Assert.Equal(constraints[0].ToString().Replace(Hostname, Zone, StringComparison.Ordinal), constraints[1].ToString());
        }
    }

    [KubectlFact]
    public async Task The_component_for_revoked_keys_has_the_proxies_read_the_config_map()
    {
        JsonElement pod = (await Kustomize.WithComponentAsync("revoked-keys")).Single(o => o.Kind() == "Deployment" && o.Name() == "ssh-gateway-proxy").At("spec.template");

        JsonElement container = Assert.Single(pod.At("spec.containers").EnumerateArray());
        string file = container.GetProperty("env").EnumerateArray().Single(e => e.At("name").GetString() == "Proxy__RevokedKeys").At("value").GetString()!;
        JsonElement mount = container.GetProperty("volumeMounts").EnumerateArray().Single(m => m.At("mountPath").GetString() == Path.GetDirectoryName(file));
        JsonElement volume = pod.At("spec.volumes").EnumerateArray().Single(v => v.At("name").GetString() == mount.At("name").GetString());
        Assert.Equal(("revoked_keys", "ssh-gateway-revoked-keys"), (Path.GetFileName(file), volume.At("configMap.name").GetString()));
    }

    [KubectlFact]
    public async Task The_component_for_recordings_gives_the_proxies_a_volume_to_write_to()
    {
        JsonElement pod = (await Kustomize.WithComponentAsync("recording")).Single(o => o.Kind() == "Deployment" && o.Name() == "ssh-gateway-proxy").At("spec.template");

        JsonElement container = Assert.Single(pod.At("spec.containers").EnumerateArray());
        string directory = container.GetProperty("env").EnumerateArray().Single(e => e.At("name").GetString() == "Proxy__RecordingDirectory").At("value").GetString()!;
        JsonElement mount = container.GetProperty("volumeMounts").EnumerateArray().Single(m => m.At("mountPath").GetString() == directory);
        Assert.False(mount.TryGetProperty("readOnly", out _));
        JsonElement volume = pod.At("spec.volumes").EnumerateArray().Single(v => v.At("name").GetString() == mount.At("name").GetString());
        Assert.Equal("ssh-gateway-recordings", volume.At("persistentVolumeClaim.claimName").GetString());
    }

    // A node whose last proxy ends before the next one is there drops clients (externalTrafficPolicy: Local).
    [KubectlFact]
    public async Task A_rollout_starts_all_new_proxies_before_the_first_old_one_ends()
    {
        JsonElement proxy = (await Kustomize.RenderAsync("deploy")).Single(o => o.Kind() == "Deployment" && o.Name() == "ssh-gateway-proxy");

        Assert.Equal(("100%", 0), (proxy.At("spec.strategy.rollingUpdate.maxSurge").GetString(), proxy.At("spec.strategy.rollingUpdate.maxUnavailable").GetInt32()));
    }

    // Nobody takes a node without a proxy out of use there, and the client's address is lost on the way into kind
    // anyway.
    [KubectlFact]
    public async Task In_kind_every_node_answers()
    {
        Assert.Equal("Cluster", await TrafficPolicyAsync("deploy/overlays/kind"));
        Assert.Equal("Local", await TrafficPolicyAsync("deploy"));
    }

    [KubectlTheory]
    [InlineData("deploy", true)]
    [InlineData("deploy/overlays/kind", false)]
    [InlineData("deploy/overlays/legacy-1.20", true)]
    public async Task Images_have_a_version_and_are_pulled_where_they_are_missing(string directory, bool isReleased)
    {
        foreach (JsonElement pod in await PodsAsync(directory))
        {
            AssertPulledIfMissing(pod, isReleased ? Repository.Version : "dev");
        }
    }

    [Fact]
    public void So_has_the_example_pods_image() =>
        AssertPulledIfMissing(Manifest.Load("deploy/examples/claude-pod.yaml").Single(o => o.Kind() == "Pod"), "1.0");

    // https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
    [KubectlFact]
    public async Task Every_object_has_the_recommended_labels()
    {
        IReadOnlyList<JsonElement> all = await Kustomize.RenderAsync("deploy");

        JsonElement[] labelled = [.. all, .. all.Where(o => o.Kind() == "Deployment").Select(o => o.At("spec.template"))];
        Assert.All(labelled, o =>
        {
            JsonElement labels = o.At("metadata.labels");
            Assert.Equal("ssh-gateway", labels.GetProperty("app.kubernetes.io/part-of").GetString());
            Assert.Equal(Repository.Version, labels.GetProperty("app.kubernetes.io/version").GetString());
            Assert.Equal("kustomize", labels.GetProperty("app.kubernetes.io/managed-by").GetString());
            string name = labels.GetProperty("app.kubernetes.io/name").GetString()!;
            // The operator and the proxy are components of their own; what belongs to both, or to TARS, is the
            // gateway's.
            Assert.Equal(
                name["ssh-gateway".Length..].TrimStart('-'),
                labels.TryGetProperty("app.kubernetes.io/component", out JsonElement component) ? component.GetString() : "");
        });
    }

    private static void AssertPulledIfMissing(JsonElement pod, string version)
    {
        Assert.All(pod.At("spec.containers").EnumerateArray(), container =>
        {
            Assert.EndsWith($":{version}", container.GetProperty("image").GetString(), StringComparison.Ordinal);
            // Left out, the API server makes it Always for the tag latest, and keeps that when another tag is applied.
            Assert.Equal("IfNotPresent", container.GetProperty("imagePullPolicy").GetString());
        });
    }

    private static async Task<string?> TrafficPolicyAsync(string directory) =>
        (await Kustomize.RenderAsync(directory)).Single(o => o.Kind() == "Service" && o.Name() == "ssh-gateway").At("spec.externalTrafficPolicy").GetString();

    private static async Task<JsonElement[]> PodsAsync(string directory) => Pods(await Kustomize.RenderAsync(directory));

    private static JsonElement[] Pods(IReadOnlyList<JsonElement> objects)
    {
        JsonElement[] pods = [.. objects.Where(o => o.Kind() == "Deployment").Select(o => o.At("spec.template"))];
        Assert.Equal(2, pods.Length);
        return pods;
    }
}
