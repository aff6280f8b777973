using System.Text.Json;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Yaml;

/// <summary>
/// The documents of one file. As an API server would, it refuses objects that break their schema: a directory has
/// nobody else to do it.
/// </summary>
internal static class ManifestReader
{
    public static IReadOnlyList<ManifestDocument> Read(string fileName, string content) =>
        [.. YamlText.Split(content).Select(document => Read(fileName, document))];

    private static ManifestDocument Read(string fileName, YamlText document)
    {
        ObjectKey? key = null;
        try
        {
            using YamlToJson yaml = YamlToJson.Convert(document.Text);
            using JsonDocument json = Parse(yaml);
            key = ReadKey(json.RootElement);
            KubernetesObject decoded = Decode(json.RootElement, yaml);
            Check(decoded, yaml);
            return new ManifestDocument(key, decoded, null);
        }
        catch (ManifestException exception)
        {
            int line = document.FirstLine + exception.Line - 1;
            return new ManifestDocument(key, null, $"{fileName}: document {document.Number}, line {line}: {exception.Message}");
        }
    }

    private static JsonDocument Parse(YamlToJson yaml)
    {
        if (!yaml.IsMapping)
        {
            throw new ManifestException("a manifest is a mapping that begins with apiVersion and kind", 1);
        }
        return JsonDocument.Parse(yaml.Json.ToArray());
    }

    // Read before anything else, and leniently: it tells which object a bad document is about.
    private static ObjectKey? ReadKey(JsonElement root)
    {
        if (!root.TryGetProperty("metadata", out JsonElement metadata) || metadata.ValueKind != JsonValueKind.Object)
        {
            return null;
        }
        return Text(root, "kind") is { } kind && Text(metadata, "name") is { } name
            ? new ObjectKey(kind, Text(metadata, "namespace") ?? ObjectMeta.DefaultNamespace, name)
            : null;
    }

    private static KubernetesObject Decode(JsonElement root, YamlToJson yaml)
    {
        (string? apiVersion, string? kind) = (Text(root, "apiVersion"), Text(root, "kind"));
        try
        {
            return (apiVersion, kind) switch
            {
                // A copy's status says what was so in the cluster that it was copied from.
                (ClaudeSession.ApiVersion, ClaudeSession.KindName) => root.Deserialize(ModelJson.Default.ClaudeSession)! with { Status = null },
                (Pod.ApiVersion, Pod.KindName) => root.Deserialize(ModelJson.Default.Pod)!,
                _ => throw new ManifestException(
                    $"kind {kind ?? "(none)"} of apiVersion {apiVersion ?? "(none)"} is not read here; "
                    + $"write {ClaudeSession.KindName} of {ClaudeSession.ApiVersion} or {Pod.KindName} of {Pod.ApiVersion}", yaml.LineOf("kind")),
            };
        }
        catch (JsonException exception)
        {
            string field = exception.Path?.TrimStart('$', '.') ?? "";
            throw new ManifestException($"{field}: {ModelTypes.Expected(kind!, field)}", yaml.LineOf(field), exception);
        }
    }

    private static void Check(KubernetesObject decoded, YamlToJson yaml)
    {
        if (decoded.Name.Length == 0)
        {
            throw new ManifestException("metadata.name: is missing; write the object's name", yaml.LineOf("metadata"));
        }
        if (decoded is Pod { Uid.Length: 0 })
        {
            throw new ManifestException(
                "metadata.uid: is missing; write a word that is another one for every incarnation of the pod", yaml.LineOf("metadata"));
        }
        if (decoded is ClaudeSession session && SessionRules.Check(session).FirstOrDefault() is { } violation)
        {
            throw new ManifestException(violation.ToString(), yaml.LineOf(violation.Field));
        }
    }

    private static string? Text(JsonElement mapping, string name) =>
        mapping.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
