using System.Text.Json;
using System.Text.Json.Serialization;

namespace SshGateway.Bench.Reporting;

/// <summary>The raw results of a run, kept as JSON.</summary>
/// <param name="Made">When, and on what.</param>
/// <param name="Measurements">In the order of the page.</param>
internal sealed record ResultFile(string Made, IReadOnlyList<Measurement> Measurements)
{
    public static ResultFile Load(string path) =>
        JsonSerializer.Deserialize(File.ReadAllText(path), ReportJson.Default.ResultFile)
        ?? throw new InvalidDataException($"{path} contains no results; run make bench");

    public void Save(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        File.WriteAllText(path, JsonSerializer.Serialize(this, ReportJson.Default.ResultFile) + "\n");
    }
}

/// <summary>How results are written.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(ResultFile))]
internal sealed partial class ReportJson : JsonSerializerContext;
