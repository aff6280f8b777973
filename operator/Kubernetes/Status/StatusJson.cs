using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>Writes what the API server is sent.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SessionStatus))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class StatusJson : JsonSerializerContext;
