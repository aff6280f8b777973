using System.Text.Json.Serialization;

namespace SshGateway.Proxy.Accounting;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AuditRecord))]
[JsonSerializable(typeof(AuditLoss))]
internal sealed partial class AuditJson : JsonSerializerContext;
