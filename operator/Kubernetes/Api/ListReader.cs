using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using k8s.Models;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Api;

/// <summary>Reads a list item by item: neither its text nor dropped fields are ever in memory as a whole.</summary>
internal sealed class ListReader<T>(ApiResource<T> resource)
    where T : KubernetesObject
{
    private readonly List<DecodedObject<T>> _items = [];
    private V1ListMeta? _metadata;
    private JsonReaderState _state;
    private bool _isInItems;
    private bool _isComplete;

    /// <exception cref="JsonException">It is no list, or it was cut off.</exception>
    public async Task<ListPage<T>> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        PipeReader pipe = PipeReader.Create(stream);
        try
        {
            while (true)
            {
                ReadResult read = await pipe.ReadAsync(cancellationToken);
                SequencePosition consumed = Consume(read.Buffer, read.IsCompleted);
                if (_isComplete)
                {
                    break;
                }
                if (read.IsCompleted)
                {
                    throw new JsonException("the list ended early");
                }
                pipe.AdvanceTo(consumed, read.Buffer.End);
            }
        }
        finally
        {
            await pipe.CompleteAsync();
        }
        return new ListPage<T>(_metadata ?? throw new JsonException("a list without metadata"), _items);
    }

    // Takes every whole item and field that has arrived, and leaves the rest for when there is more.
    private SequencePosition Consume(ReadOnlySequence<byte> buffer, bool isFinal)
    {
        var reader = new Utf8JsonReader(buffer, isFinal, _state);
        SequencePosition consumed = buffer.Start;
        while (!_isComplete && TryTake(ref reader))
        {
            consumed = reader.Position;
            _state = reader.CurrentState;
        }
        return consumed;
    }

    private bool TryTake(ref Utf8JsonReader reader)
    {
        if (!reader.Read())
        {
            return false;
        }
        if (_isInItems)
        {
            return TryTakeItem(ref reader);
        }
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return true;
            case JsonTokenType.EndObject:
                _isComplete = true;
                return true;
            case JsonTokenType.PropertyName:
                return TryTakeField(ref reader);
            default:
                throw new JsonException($"a list is an object, and this is {reader.TokenType}");
        }
    }

    private bool TryTakeField(ref Utf8JsonReader reader)
    {
        bool isItems = reader.ValueTextEquals("items"u8);
        bool isMetadata = reader.ValueTextEquals("metadata"u8);
        if (!reader.Read())
        {
            return false;
        }
        if (isItems && reader.TokenType == JsonTokenType.StartArray)
        {
            _isInItems = true;
            return true;
        }
        Utf8JsonReader whole = reader;
        if (!whole.TrySkip())
        {
            return false;
        }
        if (isMetadata)
        {
            _metadata = JsonSerializer.Deserialize(ref reader, ApiJson.Default.V1ListMeta);
        }
        reader = whole;
        return true;
    }

    private bool TryTakeItem(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.EndArray)
        {
            _isInItems = false;
            return true;
        }
        Utf8JsonReader whole = reader;
        if (!whole.TrySkip())
        {
            return false;
        }
        _items.Add(DecodedObject<T>.Read(ref reader, resource));
        reader = whole;
        return true;
    }
}

/// <summary>A list, or a page of it.</summary>
internal sealed record ListPage<T>(V1ListMeta Metadata, IReadOnlyList<DecodedObject<T>> Items)
    where T : KubernetesObject;
