using System.Text.Json.Serialization;

namespace SshGateway.Bench.Reporting;

/// <summary>The raw results of a run, kept as JSON.</summary>
/// <param name="Made">When, and on what.</param>
/// <param name="Measurements">In the order of the page.</param>
internal sealed record ResultFile(string Made, IReadOnlyList<Measurement> Measurements)
{
    public static ResultFile Load(string path) => JsonFile.Load(path, ReportJson.Default.ResultFile);

    public void Save(string path) => JsonFile.Save(path, this, ReportJson.Default.ResultFile);
}

/// <summary>How results are written.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(ResultFile))]
internal sealed partial class ReportJson : JsonSerializerContext;
