using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SshGateway.Operator.Model;

/// <summary>Reads the data of a ConfigMap, and keeps no more of it than <see cref="KeyText.MaxOfObject"/>.</summary>
internal class KeyTexts : JsonConverter<IReadOnlyDictionary<string, KeyText>>
{
    // What a byte can become in JSON, such as \u000a.
    private const int MaxEncodedLength = 6;

    private static readonly KeyText TooLong =
        new(null, $"is too long: the values of one object may have {KeyText.MaxOfObject / 1024} KiB together");

    public override IReadOnlyDictionary<string, KeyText>? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException();
        }
        var texts = new Dictionary<string, KeyText>(StringComparer.Ordinal);
        int remaining = KeyText.MaxOfObject;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            KeyText text = ReadText(ref reader, remaining);
            remaining -= text.Text?.Length ?? 0;
            texts[key] = text;
        }
        return texts;
    }

    /// <exception cref="NotSupportedException">Always: nothing writes these objects.</exception>
    public override void Write(Utf8JsonWriter writer, IReadOnlyDictionary<string, KeyText> value, JsonSerializerOptions options) =>
        throw new NotSupportedException();

    /// <returns>The text; null: the value is none.</returns>
    protected virtual string? Decode(ref Utf8JsonReader reader) => reader.GetString();

    private KeyText ReadText(ref Utf8JsonReader reader, int remaining)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return new KeyText("", null);
        }
        if (reader.TokenType != JsonTokenType.String)
        {
            throw new JsonException();
        }
        long length = reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
        if (length > (long)remaining * MaxEncodedLength)
        {
            return TooLong;
        }
        return Decode(ref reader) is not { } text ? new KeyText(null, "is not base64")
            : text.Length > remaining ? TooLong
            : new KeyText(text, null);
    }
}

/// <summary>Reads the data of a Secret.</summary>
internal sealed class Base64KeyTexts : KeyTexts
{
    // What is no UTF-8 is no key either, and its line is skipped.
    protected override string? Decode(ref Utf8JsonReader reader) =>
        reader.TryGetBytesFromBase64(out byte[]? bytes) ? Encoding.UTF8.GetString(bytes) : null;
}
