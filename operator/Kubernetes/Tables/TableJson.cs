using System.Text.Json.Serialization;

namespace SshGateway.Operator.Kubernetes.Tables;

/// <summary>Decodes tables.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ServerTable))]
internal sealed partial class TableJson : JsonSerializerContext;
