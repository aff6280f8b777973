using System.Text.Json;
using System.Text.RegularExpressions;

namespace SshGateway.Tests.Integration.Crd;

/// <summary>
/// Judges a value by a structural schema, as an API server does. Knows the keywords that the CRD uses and refuses
/// others, so that none goes unjudged. The real API server judges the same values in tests/Deploy.
/// </summary>
internal static class SchemaJudge
{
    private static readonly HashSet<string> NotJudged =
    [
        // For people, or filled in rather than judged.
        "description", "default", "x-kubernetes-list-type", "x-kubernetes-list-map-keys",
        // CEL, which every rule of the CRD only repeats or adds to.
        "x-kubernetes-validations",
        // Judged by the decoder.
        "format",
    ];

    /// <summary>What is wrong; empty when nothing is.</summary>
    public static IEnumerable<string> Judge(string path, JsonElement schema, JsonElement value) =>
        schema.EnumerateObject().Where(keyword => !NotJudged.Contains(keyword.Name)).SelectMany(keyword => Judge(path, keyword, schema, value));

    private static IEnumerable<string> Judge(string path, JsonProperty keyword, JsonElement schema, JsonElement value)
    {
        bool holds = true;
        IEnumerable<string> inside = [];
        switch (keyword.Name)
        {
            case "type": holds = IsOfType(keyword.Value.GetString()!, value); break;
            case "enum": holds = keyword.Value.EnumerateArray().Any(e => JsonElement.DeepEquals(e, value)); break;
            case "minimum": holds = value.GetInt64() >= keyword.Value.GetInt64(); break;
            case "maximum": holds = value.GetInt64() <= keyword.Value.GetInt64(); break;
            case "minLength": holds = CodePoints(value) >= keyword.Value.GetInt32(); break;
            case "maxLength": holds = CodePoints(value) <= keyword.Value.GetInt32(); break;
            case "pattern": holds = Pattern(keyword.Value.GetString()!).IsMatch(value.GetString()!); break;
            case "minItems": holds = value.GetArrayLength() >= keyword.Value.GetInt32(); break;
            case "maxItems": holds = value.GetArrayLength() <= keyword.Value.GetInt32(); break;
            case "minProperties": holds = value.EnumerateObject().Count() >= keyword.Value.GetInt32(); break;
            case "maxProperties": holds = value.EnumerateObject().Count() <= keyword.Value.GetInt32(); break;
            case "required": holds = HasAll(value, keyword.Value); break;
            case "not": holds = Judge(path, keyword.Value, value).Any(); break;
            case "oneOf": holds = keyword.Value.EnumerateArray().Count(alternative => !Judge(path, alternative, value).Any()) == 1; break;
            case "items": inside = value.EnumerateArray().SelectMany((item, i) => Judge($"{path}[{i}]", keyword.Value, item)); break;
            case "additionalProperties": inside = value.EnumerateObject().SelectMany(p => Judge($"{path}.{p.Name}", keyword.Value, p.Value)); break;
            case "properties":
                inside = value.EnumerateObject()
                    .Where(p => keyword.Value.TryGetProperty(p.Name, out _))
                    .SelectMany(p => Judge($"{path}.{p.Name}", keyword.Value.GetProperty(p.Name), p.Value));
                break;
            default: throw new NotSupportedException($"{path}: the schema's keyword {keyword.Name} is not known here: {schema}");
        }
        return holds ? inside : [$"{path}: {keyword.Name} {keyword.Value}"];
    }

    private static bool IsOfType(string type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        _ => throw new NotSupportedException($"type {type}"),
    };

    private static bool HasAll(JsonElement value, JsonElement names) => names.EnumerateArray().All(n => value.TryGetProperty(n.GetString()!, out _));

    private static int CodePoints(JsonElement value) => value.GetString()!.EnumerateRunes().Count();

    // Go's regexp: $ is the end of the text alone, and \s is ASCII's.
    private static Regex Pattern(string pattern) =>
        new(pattern.Replace("$", @"\z", StringComparison.Ordinal).Replace(@"\s", @"\t\n\f\r ", StringComparison.Ordinal), RegexOptions.CultureInvariant);
}
