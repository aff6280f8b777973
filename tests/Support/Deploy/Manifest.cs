using System.Text.Json;
using SshGateway.Kubernetes.Yaml;
using SshGateway.Operator.Yaml;

namespace SshGateway.Tests.Support.Deploy;

/// <summary>Objects of a YAML file.</summary>
internal static class Manifest
{
    public static IReadOnlyList<JsonElement> Parse(string yaml) => [.. YamlText.Split(yaml).Select(document => Parse(document))];

    public static IReadOnlyList<JsonElement> Load(string path) => Parse(File.ReadAllText(Repository.File(path)));

    public static string Kind(this JsonElement manifest) => manifest.GetProperty("kind").GetString()!;

    public static string Name(this JsonElement manifest) => manifest.GetProperty("metadata").GetProperty("name").GetString()!;

    /// <summary>Kind, namespace and name.</summary>
    public static string Identity(this JsonElement manifest) => manifest.GetProperty("metadata").TryGetProperty("namespace", out JsonElement name)
        ? $"{manifest.Kind()} {name.GetString()}/{manifest.Name()}"
        : $"{manifest.Kind()} {manifest.Name()}";

    /// <summary>The value at a path such as <c>spec.template.spec</c>.</summary>
    public static JsonElement At(this JsonElement manifest, string path) => path.Split('.').Aggregate(manifest, (value, name) => value.GetProperty(name));

    private static JsonElement Parse(YamlText document)
    {
        using YamlToJson yaml = YamlToJson.Convert(document.Text);
        using JsonDocument json = JsonDocument.Parse(yaml.Json.ToArray());
        return json.RootElement.Clone();
    }
}
