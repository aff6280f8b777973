using System.Text.Json.Serialization;

namespace SshGateway.Operator.TarsApi;

/// <summary>Writes the answers.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(PodAnswer))]
[JsonSerializable(typeof(KeysAnswer))]
[JsonSerializable(typeof(ErrorAnswer))]
internal sealed partial class InternalJson : JsonSerializerContext;
