using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SshGateway.Bench.Reporting;

/// <summary>Results of a part as a file.</summary>
internal static class JsonFile
{
    public static void Save<T>(string path, T value, JsonTypeInfo<T> type)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        File.WriteAllText(path, JsonSerializer.Serialize(value, type) + "\n");
    }

    public static T Load<T>(string path, JsonTypeInfo<T> type) => !File.Exists(path)
        ? throw new FileNotFoundException($"{path} does not exist; run make bench first", path)
        : JsonSerializer.Deserialize(File.ReadAllText(path), type) ?? throw new InvalidDataException($"{path} contains no results; run make bench");
}
