using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SshGateway.Hosting;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Yaml;

/// <summary>
/// Finds misspelt fields, which would otherwise be skipped without a word. A ClaudeSession has the fields of the model
/// and no others. Of a Pod, a ConfigMap or a Secret the model is only a part, and Kubernetes adds to it, so a field of
/// it is misspelt when it is nearly one that is read.
/// </summary>
internal static class UnknownFields
{
    private const int MaxTypingErrors = 2;

    // Of two names of Kubernetes itself, such as state and started, two letters can be the difference.
    private const int MaxTypingErrorsInPods = 1;

    private static readonly HashSet<string> OfEveryObject = ["apiVersion", "kind"];

    // ObjectMeta of Kubernetes, but for the fields that the model has.
    private static readonly HashSet<string> OfMetadata =
    [
        "generateName", "selfLink", "deletionGracePeriodSeconds", "ownerReferences", "finalizers", "managedFields", "clusterName",
    ];

    /// <summary>The first one, and the field that was probably meant; null: there is none.</summary>
    public static (string Field, string? Meant)? Find(string kind, JsonElement root) =>
        Find("", root, ModelTypes.Find(kind), isWhole: kind == ClaudeSession.KindName);

    private static (string Field, string? Meant)? Find(string path, JsonElement element, Type type, bool isWhole)
    {
        JsonTypeInfo? info = ModelJson.Default.GetTypeInfo(type);
        if (info?.Kind == JsonTypeInfoKind.Enumerable && info.ElementType is { } items && element.ValueKind == JsonValueKind.Array)
        {
            return element.EnumerateArray().Select((item, i) => Find($"{path}[{i}]", item, items, isWhole)).FirstOrDefault(f => f is not null);
        }
        // The names in a dictionary are the owner's, and those of annotations are anybody's.
        if (info?.Kind != JsonTypeInfoKind.Object || type == typeof(ObjectAnnotations) || element.ValueKind != JsonValueKind.Object)
        {
            return null;
        }
        bool isMetadata = type == typeof(ObjectMeta);
        foreach (JsonProperty property in element.EnumerateObject())
        {
            string field = path.Length == 0 ? property.Name : $"{path}.{property.Name}";
            if (info.Properties.FirstOrDefault(p => p.Name == property.Name) is { } known)
            {
                // A session's status is skipped as a whole.
                if (known.PropertyType != typeof(SessionStatus) && Find(field, property.Value, known.PropertyType, isWhole) is { } inside)
                {
                    return inside;
                }
            }
            else if (!(path.Length == 0 && OfEveryObject.Contains(property.Name)) && !(isMetadata && OfMetadata.Contains(property.Name)))
            {
                string? meant = info.Properties.Select(p => p.Name).FirstOrDefault(name => Spelling.Distance(name, property.Name) <= (isWhole ? MaxTypingErrors : MaxTypingErrorsInPods));
                if (isWhole || isMetadata || meant is not null)
                {
                    return (field, meant);
                }
            }
        }
        return null;
    }
}
