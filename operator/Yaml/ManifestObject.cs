using System.Text.Json;
using SshGateway.Kubernetes.Yaml;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Yaml;

/// <summary>One object as it is written: a document of its own, or an item of a list as kubectl prints it.</summary>
/// <param name="path">Where it is in its document, such as <c>items[2]</c>; empty: it is the document.</param>
/// <param name="itemKind">The kind of all items of the list, where the list says it.</param>
/// <param name="yaml">Knows the lines.</param>
internal sealed class ManifestObject(JsonElement element, string path, string? itemKind, YamlToJson yaml)
{
    private const string ListSuffix = "List";

    private string? Kind => Text(element, "kind") ?? itemKind;

    // The items of a PodList, as the API itself sends it, do not say what they are.
    private string? ApiVersion => Text(element, "apiVersion") ?? (Kind == itemKind ? VersionOf(itemKind) : null);

    /// <summary>The objects of a document.</summary>
    /// <exception cref="ManifestException">It has none, whatever they are.</exception>
    public static IEnumerable<ManifestObject> Of(JsonElement root, YamlToJson yaml)
    {
        var whole = new ManifestObject(root, "", null, yaml);
        if (whole.Kind is not (ListSuffix or ClaudeSession.KindName + ListSuffix or Pod.KindName + ListSuffix
            or ConfigMap.KindName + ListSuffix or Secret.KindName + ListSuffix))
        {
            return [whole];
        }
        if (!root.TryGetProperty("items", out JsonElement items))
        {
            throw new ManifestException("items: is missing; a List has its objects there", yaml.LineOf("kind"));
        }
        if (items.ValueKind != JsonValueKind.Array)
        {
            throw whole.Fault("items", "must be a list");
        }
        string? itemKind = whole.Kind == ListSuffix ? null : whole.Kind[..^ListSuffix.Length];
        return items.EnumerateArray().Select((item, i) => new ManifestObject(item, $"items[{i}]", itemKind, yaml));
    }

    /// <summary>Read before anything else, and leniently: it tells which object a bad manifest is about.</summary>
    public ManifestSubject? ReadSubject() =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty("metadata", out JsonElement metadata) && metadata.ValueKind == JsonValueKind.Object
            && Text(metadata, "name") is { } name
            ? new ManifestSubject(VersionOf(Kind) is null ? null : Kind, Text(metadata, "namespace"), name)
            : null;

    /// <exception cref="ManifestException">It is of another kind, or a field has a value of another type.</exception>
    public KubernetesObject Decode()
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Fault("", "a manifest is a mapping that begins with apiVersion and kind");
        }
        (string? apiVersion, string? kind) = (ApiVersion, Kind);
        try
        {
            return (apiVersion, kind) switch
            {
                // A copy's status says what was so in the cluster that it was copied from.
                (ClaudeSession.ApiVersion, ClaudeSession.KindName) => element.Deserialize(ModelJson.Default.ClaudeSession)! with { Status = null },
                (Pod.ApiVersion, Pod.KindName) => element.Deserialize(ModelJson.Default.Pod)!,
                (KeyObject.ApiVersion, ConfigMap.KindName) => element.Deserialize(ModelJson.Default.ConfigMap)!,
                (KeyObject.ApiVersion, Secret.KindName) => element.Deserialize(ModelJson.Default.Secret)!,
                _ => throw new ManifestException(
                    Prefix(": ") + $"kind {kind ?? "(none)"} of apiVersion {apiVersion ?? "(none)"} is not read here; "
                    + $"write {ClaudeSession.KindName} of {ClaudeSession.ApiVersion}, {Pod.KindName}, {ConfigMap.KindName} or {Secret.KindName} of {Pod.ApiVersion}", yaml.LineOf(Prefix(".") + "kind")),
            };
        }
        catch (JsonException exception)
        {
            string field = exception.Path?.TrimStart('$', '.') ?? "";
            throw Fault(field, ModelTypes.Expected(kind!, field));
        }
    }

    /// <summary>A field that is misspelt, and the one that was probably meant.</summary>
    public (string Field, string? Meant)? FindUnknownField() => UnknownFields.Find(Kind!, element);

    /// <param name="field">The field; empty: the object.</param>
    /// <param name="problem">What is wrong with it, and the remedy.</param>
    public ManifestException Fault(string field, string problem)
    {
        string full = field.Length == 0 ? path : Prefix(".") + field;
        return new ManifestException(full.Length == 0 ? problem : $"{full}: {problem}", yaml.LineOf(full));
    }

    private string Prefix(string behind) => path.Length == 0 ? "" : path + behind;

    private static string? VersionOf(string? kind) => kind switch
    {
        ClaudeSession.KindName => ClaudeSession.ApiVersion,
        Pod.KindName => Pod.ApiVersion,
        ConfigMap.KindName or Secret.KindName => KeyObject.ApiVersion,
        _ => null,
    };

    private static string? Text(JsonElement mapping, string name) =>
        mapping.ValueKind == JsonValueKind.Object && mapping.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
