using System.Text.Json.Serialization;

namespace SshGateway.Bench.Scale;

/// <summary>Writes the result.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ScaleResult))]
internal sealed partial class ScaleJson : JsonSerializerContext;
