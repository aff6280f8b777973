using System.Text.Json;
using System.Text.Json.Nodes;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Deploy.Helm;

namespace SshGateway.Tests.Integration.Deploy.Helm;

/// <summary>The chart and deploy/'s kustomizations say the same.</summary>
public sealed class ChartTests
{
    // Helm keeps its records in the release's namespace, which has to be there before: helm install --create-namespace.
    private const string NamespaceOfTheRelease = "Namespace ssh-gateway";

    // What names the tool, and what only one of the tools knows.
    private static readonly string[] ToolLabels = ["app.kubernetes.io/managed-by", "helm.sh/chart"];
    private static readonly string[] ToolAnnotations = ["helm.sh/resource-policy"];

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    [ChartTheory]
    [InlineData("deploy", null)]
    [InlineData("deploy/overlays/legacy-1.20", "values-legacy-1.20.yaml")]
    [InlineData("deploy/overlays/kind", "values-kind.yaml")]
    public async Task The_chart_makes_the_objects_of_kustomize(string kustomization, string? values) =>
        await AssertMakesAsync(await Kustomize.RenderAsync(kustomization), values is null ? [] : ["--values", ChartFiles.File(values)]);

    [ChartTheory]
    [InlineData("monitoring", "monitoring.enabled=true")]
    [InlineData("exec", "exec.enabled=true")]
    public async Task The_chart_makes_the_objects_of_a_component(string component, string value) =>
        await AssertMakesAsync(await Kustomize.WithComponentAsync(component), "--set", value);

    [HelmFact]
    public async Task Lint_has_no_objection()
    {
        foreach (string[] values in (string[][])[[], ["--values", ChartFiles.LegacyValues], ["--values", ChartFiles.KindValues]])
        {
            string said = await HelmProgram.RunAsync(["lint", "--strict", ChartFiles.Directory, .. values]);

            Assert.DoesNotContain("[WARNING]", said, StringComparison.Ordinal);
            Assert.DoesNotContain("[ERROR]", said, StringComparison.Ordinal);
        }
    }

    // files/claudesessions.yaml is a link to crds/claudesessions.yaml.
    [HelmFact]
    public async Task A_package_has_the_CRD_of_the_project()
    {
        using var directory = new TemporaryDirectory();

        await HelmProgram.RunAsync("package", ChartFiles.Directory, "--destination", directory.Path);

        string package = Assert.Single(Directory.GetFiles(directory.Path));
        JsonElement crd = (await HelmProgram.RenderAsync(package)).Single(o => o.Kind() == "CustomResourceDefinition");
        Assert.True(JsonElement.DeepEquals(Manifest.Load("crds/claudesessions.yaml").Single().GetProperty("spec"), crd.GetProperty("spec")));
    }

    // Deleting them would delete the sessions.
    [HelmFact]
    public async Task Uninstalling_keeps_the_CRD_and_the_namespaces_of_sessions()
    {
        IReadOnlyList<JsonElement> all = await HelmProgram.RenderAsync(ChartFiles.Directory);

        Assert.Equal(
            ["CustomResourceDefinition claudesessions.tars.cloudwalk.network", "Namespace claude-sessions"],
            all.Where(o => o.GetProperty("metadata").TryGetProperty("annotations", out JsonElement annotations)
                    && annotations.TryGetProperty("helm.sh/resource-policy", out JsonElement policy) && policy.GetString() == "keep")
                .Select(o => $"{o.Kind()} {o.Name()}").Order(StringComparer.Ordinal));
    }

    [HelmFact]
    public async Task The_chart_follows_the_namespace_of_its_release()
    {
        string moved = await HelmProgram.RunAsync("template", "any-name", ChartFiles.Directory, "--namespace", "elsewhere");
        string here = await HelmProgram.RunAsync("template", "ssh-gateway", ChartFiles.Directory, "--namespace", "ssh-gateway");

        // Wherever the namespace is meant, and not one of the fixed names.
        string[] movedLines = moved.Split('\n');
        string[] lines = here.Split('\n');
        Assert.Equal(lines.Length, movedLines.Length);
        Assert.Equal(
            [
                "kubernetes.io/metadata.name: ssh-gateway",
                "namespace: ssh-gateway",
                "value: ssh-gateway-operator.ssh-gateway.svc:7443",
                "value: system:serviceaccount:ssh-gateway:ssh-gateway-proxy",
            ],
            lines.Where((line, index) => line != movedLines[index]).Select(line => line.Trim()).Distinct().Order(StringComparer.Ordinal));
    }

    private static async Task AssertMakesAsync(IReadOnlyList<JsonElement> objects, params string[] options)
    {
        Dictionary<string, string> expected = Texts(objects);
        Assert.True(expected.Remove(NamespaceOfTheRelease));

        Dictionary<string, string> actual = Texts(await HelmProgram.RenderAsync(ChartFiles.Directory, options));

        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        Assert.All(expected, pair => Assert.Equal(pair.Value, actual[pair.Key]));
    }

    // By what they are, in one order of properties.
    private static Dictionary<string, string> Texts(IEnumerable<JsonElement> objects) =>
        objects.ToDictionary(o => o.Identity(), o => Sorted(Neutral(o))!.ToJsonString(Indented));

    private static JsonObject Neutral(JsonElement manifest)
    {
        JsonObject copy = JsonNode.Parse(manifest.GetRawText())!.AsObject();
        foreach (JsonObject metadata in new[] { copy["metadata"], copy["spec"]?["template"]?["metadata"] }.OfType<JsonObject>())
        {
            Remove(metadata, "labels", ToolLabels);
            Remove(metadata, "annotations", ToolAnnotations);
        }
        return copy;
    }

    private static void Remove(JsonObject metadata, string property, IEnumerable<string> names)
    {
        if (metadata[property] is JsonObject values)
        {
            foreach (string name in names)
            {
                values.Remove(name);
            }
            if (values.Count == 0)
            {
                metadata.Remove(property);
            }
        }
    }

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject o => new JsonObject(o.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, Sorted(p.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };
}
