using System.Text.Json;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Api;

/// <summary>An object, or, when it cannot be decoded, which one it is and why.</summary>
/// <param name="ResourceVersion">The version to go on from.</param>
/// <param name="Object">The object; null when it cannot be decoded.</param>
/// <param name="Problem">Why it cannot be decoded.</param>
/// <param name="Partial">What could be decoded of it nevertheless, if anything.</param>
internal readonly record struct DecodedObject<T>(ObjectKey Key, string Uid, string ResourceVersion, T? Object, string? Problem, T? Partial)
    where T : KubernetesObject
{
    /// <summary>Reads the value at the reader, all of which must be in its buffer. The reader ends behind it.</summary>
    /// <exception cref="JsonException">It does not even say which object it is.</exception>
    public static DecodedObject<T> Read(ref Utf8JsonReader reader, ApiResource<T> resource)
    {
        Utf8JsonReader again = reader;
        try
        {
            T read = JsonSerializer.Deserialize(ref reader, resource.Type) ?? throw new JsonException("an object is null");
            if (read.Name.Length > 0)
            {
                return new DecodedObject<T>(read.Key, read.Uid, read.Metadata!.ResourceVersion ?? "", read, null, null);
            }
            throw new JsonException("an object has no name");
        }
        catch (JsonException exception)
        {
            reader = again;
            return ReadIdentity(ref reader, resource.Kind) with { Problem = Describe(exception, resource.Kind), Partial = ReadPartial(again, resource) };
        }
    }

    /// <summary>Reads only which object it is, and its version.</summary>
    /// <exception cref="JsonException">It does not say so.</exception>
    public static DecodedObject<T> ReadIdentity(ref Utf8JsonReader reader, string kind)
    {
        ObjectIdentity.MetadataPart metadata = JsonSerializer.Deserialize(ref reader, ApiJson.Default.ObjectIdentity)?.Metadata
            ?? throw new JsonException("an object has no metadata");
        var key = new ObjectKey(kind, metadata.Namespace ?? ObjectMeta.DefaultNamespace, metadata.Name ?? "");
        return new DecodedObject<T>(key, metadata.Uid ?? "", metadata.ResourceVersion ?? "", null, null, null);
    }

    private static T? ReadPartial(Utf8JsonReader reader, ApiResource<T> resource)
    {
        try
        {
            return resource.Partial?.Invoke(ref reader);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Describe(JsonException exception, string kind) =>
        exception.Path is { Length: > 2 } path ? $"{path[2..]}: {ModelTypes.Expected(kind, path[2..])}" : exception.Message;
}

/// <summary>What every object of an API server says of itself, however little of the rest can be decoded.</summary>
internal sealed record ObjectIdentity(ObjectIdentity.MetadataPart? Metadata)
{
    internal sealed record MetadataPart(string? Name, string? Namespace, string? Uid, string? ResourceVersion);
}
