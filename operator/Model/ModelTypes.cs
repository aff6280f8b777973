using System.Text.Json.Serialization.Metadata;

namespace SshGateway.Operator.Model;

/// <summary>What a field of the model expects, in words for the object's author.</summary>
internal static class ModelTypes
{
    /// <summary>The part of the model that has a kind's fields.</summary>
    public static Type Find(string kind) => kind switch
    {
        Pod.KindName => typeof(Pod),
        ConfigMap.KindName => typeof(ConfigMap),
        Secret.KindName => typeof(Secret),
        _ => typeof(ClaudeSession),
    };

    /// <param name="field">The field's path, as System.Text.Json writes it without its <c>$.</c></param>
    public static string Expected(string kind, string field)
    {
        Type? type = Find(kind);
        foreach (string segment in field.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            int bracket = segment.IndexOf('[', StringComparison.Ordinal);
            type = FindMember(type, bracket < 0 ? segment : segment[..bracket]);
            type = bracket < 0 ? type : FindElement(type);
            if (bracket >= 0 && segment[bracket + 1] == '\'')
            {
                // A label's name: nothing after it belongs to the model.
                break;
            }
        }
        return "must be " + Describe(type);
    }

    private static Type? FindMember(Type? type, string name)
    {
        JsonTypeInfo? info = type is null ? null : ModelJson.Default.GetTypeInfo(type);
        Type? member = info?.Properties.FirstOrDefault(p => p.Name == name)?.PropertyType;
        return member ?? info?.ElementType;
    }

    private static Type? FindElement(Type? type) => type is null ? null : ModelJson.Default.GetTypeInfo(type)?.ElementType;

    private static string Describe(Type? type)
    {
        type = type is null ? null : Nullable.GetUnderlyingType(type) ?? type;
        return type switch
        {
            null => "of the type that Kubernetes expects there",
            _ when type == typeof(string) => "text; put quotes around what looks like a number, true, false or null",
            _ when type == typeof(int) => "a whole number without quotes",
            _ when type == typeof(bool) => "true or false",
            _ when type == typeof(DateTimeOffset) => "a time such as 2026-01-31T12:00:00Z",
            _ when ModelJson.Default.GetTypeInfo(type)?.Kind == JsonTypeInfoKind.Enumerable => "a list",
            _ => "a mapping",
        };
    }
}
