using System.Text.Json.Serialization;

namespace SshGateway.Operator.Kubernetes.Tokens;

/// <summary>Reads and writes token reviews.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TokenReview))]
internal sealed partial class TokenJson : JsonSerializerContext;
