using System.Text.Json.Serialization;

namespace SshGateway.Operator.Model;

/// <summary>Decodes the model, and encodes its status. Fields that are not in it are skipped.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ClaudeSession))]
[JsonSerializable(typeof(SessionWithoutSpec))]
[JsonSerializable(typeof(Pod))]
[JsonSerializable(typeof(ConfigMap))]
[JsonSerializable(typeof(Secret))]
internal sealed partial class ModelJson : JsonSerializerContext;

/// <summary>What is read of a ClaudeSession with an unreadable spec: whose it is, and its last status.</summary>
internal sealed record SessionWithoutSpec
{
    public ObjectMeta? Metadata { get; init; }

    public SessionStatus? Status { get; init; }
}
