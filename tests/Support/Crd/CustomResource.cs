using System.Text.Json;
using SshGateway.Kubernetes.Yaml;
using SshGateway.Operator.Yaml;

namespace SshGateway.Tests.Support.Crd;

/// <summary>crds/claudesessions.yaml.</summary>
internal static class CustomResource
{
    public static JsonElement Version { get; } = Load().GetProperty("spec").GetProperty("versions")[0];

    /// <summary>The schema of the whole object.</summary>
    public static JsonElement Schema { get; } = Version.GetProperty("schema").GetProperty("openAPIV3Schema");

    /// <summary>The schema of <c>spec</c>.</summary>
    public static JsonElement Spec { get; } = Schema.GetProperty("properties").GetProperty("spec");

    /// <summary>
    /// Every schema in the CRD with its path, such as <c>spec.ssh.hostKeys[]</c>; the object itself is <c>""</c>.
    /// </summary>
    public static IEnumerable<(string Path, JsonElement Schema)> All() => Below("", Schema);

    /// <summary>The schema and every schema in it.</summary>
    public static IEnumerable<(string Path, JsonElement Schema)> Below(string path, JsonElement schema)
    {
        yield return (path, schema);
        foreach ((string Path, JsonElement Schema) child in Children(path, schema).SelectMany(c => Below(c.Path, c.Schema)))
        {
            yield return child;
        }
    }

    private static IEnumerable<(string Path, JsonElement Schema)> Children(string path, JsonElement schema)
    {
        if (schema.TryGetProperty("properties", out JsonElement properties))
        {
            foreach (JsonProperty property in properties.EnumerateObject())
            {
                yield return ($"{path}.{property.Name}".TrimStart('.'), property.Value);
            }
        }
        if (schema.TryGetProperty("items", out JsonElement items))
        {
            yield return ($"{path}[]", items);
        }
        if (schema.TryGetProperty("additionalProperties", out JsonElement values))
        {
            yield return ($"{path}[*]", values);
        }
    }

    private static JsonElement Load()
    {
        using YamlToJson yaml = YamlToJson.Convert(YamlText.Split(File.ReadAllText(Repository.File("crds/claudesessions.yaml"))).Single().Text);
        using JsonDocument json = JsonDocument.Parse(yaml.Json.ToArray(), new JsonDocumentOptions { MaxDepth = 64 });
        return json.RootElement.Clone();
    }
}
