using System.Text.Json.Serialization;

namespace SshGateway.Operator.Kubernetes.Api;

/// <summary>Decodes what is around the objects.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ApiStatus))]
[JsonSerializable(typeof(ListMeta))]
[JsonSerializable(typeof(ObjectIdentity))]
internal sealed partial class ApiJson : JsonSerializerContext;
