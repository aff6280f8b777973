using System.Text.Json.Serialization;

namespace SshGateway.Operator.Kubernetes.Keys;

/// <summary>Reads and writes Secrets and ConfigMaps.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StoredData))]
internal sealed partial class KeysJson : JsonSerializerContext;
