using System.Text.Json.Serialization;

namespace SshGateway.Operator.Kubernetes.Events;

/// <summary>Writes events.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ClusterEvent))]
internal sealed partial class EventJson : JsonSerializerContext;
