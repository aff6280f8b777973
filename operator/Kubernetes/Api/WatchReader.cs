using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;
using k8s.Models;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Api;

/// <summary>Reads a watch: lines of <c>{"type": …, "object": …}</c>. The next watch repeats a line cut off.</summary>
internal sealed class WatchReader<T>(ApiResource<T> resource)
    where T : KubernetesObject
{
    // etcd takes 1.5 MiB by default; with managedFields and escapes that is still far away.
    private const int MaxLine = 16 * 1024 * 1024;

    /// <exception cref="JsonException">A line is no event.</exception>
    public async IAsyncEnumerable<WatchEvent<T>> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        PipeReader pipe = PipeReader.Create(stream);
        try
        {
            while (true)
            {
                ReadResult read = await pipe.ReadAsync(cancellationToken);
                ReadOnlySequence<byte> buffer = read.Buffer;
                while (buffer.PositionOf((byte)'\n') is { } end)
                {
                    ReadOnlySequence<byte> line = buffer.Slice(0, end);
                    buffer = buffer.Slice(buffer.GetPosition(1, end));
                    if (!line.IsEmpty)
                    {
                        yield return Decode(line);
                    }
                }
                if (read.IsCompleted)
                {
                    yield break;
                }
                if (buffer.Length > MaxLine)
                {
                    throw new JsonException($"a line of the watch is longer than {MaxLine} bytes");
                }
                pipe.AdvanceTo(buffer.Start, buffer.End);
            }
        }
        finally
        {
            await pipe.CompleteAsync();
        }
    }

    private WatchEvent<T> Decode(ReadOnlySequence<byte> line)
    {
        var reader = new Utf8JsonReader(line);
        string? type = null;
        Utf8JsonReader value = default;
        bool hasValue = false;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isType = reader.ValueTextEquals("type"u8);
            bool isObject = reader.ValueTextEquals("object"u8);
            reader.Read();
            if (isType)
            {
                type = reader.GetString();
            }
            else if (isObject)
            {
                value = reader;
                hasValue = true;
            }
            reader.Skip();
        }
        return hasValue ? Decode(type, ref value) : throw new JsonException("a line of the watch without an object");
    }

    private WatchEvent<T> Decode(string? type, ref Utf8JsonReader value) => type switch
    {
        "ADDED" => new(WatchEventType.Added, DecodedObject<T>.Read(ref value, resource), null),
        "MODIFIED" => new(WatchEventType.Modified, DecodedObject<T>.Read(ref value, resource), null),
        "DELETED" => new(WatchEventType.Deleted, DecodedObject<T>.Read(ref value, resource), null),
        "BOOKMARK" => new(WatchEventType.Bookmark, DecodedObject<T>.ReadIdentity(ref value, resource.Kind), null),
        "ERROR" => new(WatchEventType.Error, default, JsonSerializer.Deserialize(ref value, ApiJson.Default.V1Status)),
        _ => throw new JsonException($"a line of the watch is of type {type ?? "(none)"}"),
    };
}

/// <summary>A line of a watch.</summary>
/// <param name="Object">The object; of a bookmark, only its version counts.</param>
/// <param name="Status">The error, when it is one.</param>
internal readonly record struct WatchEvent<T>(WatchEventType Type, DecodedObject<T> Object, V1Status? Status)
    where T : KubernetesObject;

/// <summary>What a line of a watch says.</summary>
internal enum WatchEventType
{
    Added,
    Modified,
    Deleted,

    /// <summary>Nothing happened up to this version.</summary>
    Bookmark,

    /// <summary>The watch is over, and a Status says why.</summary>
    Error,
}
