using System.Text.Json.Serialization;

namespace SshGateway.Operator.Model;

/// <summary>Decodes the model, and encodes its status. Fields that are not in it are skipped.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ClaudeSession))]
[JsonSerializable(typeof(SessionWithoutSpec))]
[JsonSerializable(typeof(Pod))]
internal sealed partial class ModelJson : JsonSerializerContext;
