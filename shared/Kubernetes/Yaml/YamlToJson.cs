using System.Buffers;
using System.Globalization;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace SshGateway.Kubernetes.Yaml;

/// <summary>
/// One YAML document as the JSON that the model is decoded from, and the line of every field in it. Works on the
/// parser's events: nothing recurses, so no document can exhaust the stack.
/// </summary>
internal sealed class YamlToJson : IDisposable
{
    private const int MaxDepth = 32;

    private readonly ArrayBufferWriter<byte> _json = new();
    private readonly Dictionary<string, int> _lines = new(StringComparer.Ordinal);
    private readonly Stack<Container> _containers = [];
    private readonly Utf8JsonWriter _writer;

    private YamlToJson() => _writer = new Utf8JsonWriter(_json, new JsonWriterOptions { MaxDepth = MaxDepth });

    public ReadOnlySpan<byte> Json => _json.WrittenSpan;

    /// <summary>Whether the document is a mapping, as every manifest is.</summary>
    public bool IsMapping => Json is [(byte)'{', ..];

    /// <exception cref="ManifestException">The text is not YAML, or more of YAML than Kubernetes manifests
    /// need.</exception>
    public static YamlToJson Convert(string text)
    {
        var conversion = new YamlToJson();
        var parser = new Parser(new StringReader(text));
        try
        {
            while (parser.MoveNext())
            {
                conversion.Take(parser.Current!);
            }
        }
        // The parser throws whatever comes up in it, not only YamlException.
        catch (Exception exception) when (exception is not ManifestException)
        {
            (string what, long line) = exception is YamlException known ? (known.Message, known.Start.Line) : ("it ends too early, or makes no sense here", LastLine(parser));
            return TryReadJson(text) ?? throw new ManifestException($"this is not YAML: {what}", (int)Math.Max(line, 1), exception);
        }
        conversion._writer.Flush();
        return conversion._writer.BytesCommitted > 0 ? conversion : throw new ManifestException("this is not YAML: there is nothing that can be read", 1);
    }

    /// <summary>The line of a field, or of the closest one around it that is there.</summary>
    /// <param name="path">Such as <c>spec.ssh.hostKeys[1]</c> or <c>metadata.labels['a.b/c']</c>.</param>
    public int LineOf(string path)
    {
        path = path.Replace("['", ".", StringComparison.Ordinal).Replace("']", "", StringComparison.Ordinal);
        for (; path.Length > 0; path = path[..Math.Max(0, path.LastIndexOfAny(['.', '[']))])
        {
            if (_lines.TryGetValue(path, out int line))
            {
                return line;
            }
        }
        return 1;
    }

    public void Dispose() => _writer.Dispose();

    private static long LastLine(Parser parser) => parser.Current?.End.Line ?? 1;

    // JSON is YAML but for tabs, and for characters that are escaped in two halves.
    private static YamlToJson? TryReadJson(string text)
    {
        if (!text.AsSpan().TrimStart().StartsWith("{"))
        {
            return null;
        }
        var conversion = new YamlToJson();
        try
        {
            using JsonDocument json = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            json.WriteTo(conversion._writer);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            conversion.Dispose();
            return null;
        }
        conversion._writer.Flush();
        return conversion;
    }

    private void Take(ParsingEvent parsingEvent)
    {
        int line = (int)parsingEvent.Start.Line;
        switch (parsingEvent)
        {
            case Scalar scalar when _containers.TryPeek(out Container? mapping) && mapping is { IsMapping: true, Key: null }:
                if (!mapping.Keys.Add(scalar.Value))
                {
                    throw new ManifestException($"{PathOf(mapping, scalar.Value)} is there twice; remove one", line);
                }
                mapping.Key = scalar.Value;
                _lines.TryAdd(PathOf(mapping, scalar.Value), line);
                _writer.WritePropertyName(scalar.Value);
                break;
            case Scalar scalar:
                EnterValue(line);
                WriteScalar(scalar);
                break;
            case MappingStart or SequenceStart:
                string path = EnterValue(line);
                if (_containers.Count == MaxDepth)
                {
                    throw new ManifestException($"is nested more than {MaxDepth} levels deep; no manifest is", line);
                }
                _containers.Push(new Container(path, parsingEvent is MappingStart));
                if (parsingEvent is MappingStart)
                {
                    _writer.WriteStartObject();
                }
                else
                {
                    _writer.WriteStartArray();
                }
                break;
            case MappingEnd:
                _containers.Pop();
                _writer.WriteEndObject();
                break;
            case SequenceEnd:
                _containers.Pop();
                _writer.WriteEndArray();
                break;
            case DocumentStart when _writer.BytesPending + _writer.BytesCommitted > 0:
                throw new ManifestException("a second document begins here; write --- before it", line);
            case AnchorAlias alias:
                // Each alias can double the document: ten lines can be gigabytes.
                throw new ManifestException($"the alias *{alias.Value} is not supported; write the value out", line);
        }
    }

    // Notes where the value that begins now stands, and returns its path.
    private string EnterValue(int line)
    {
        if (!_containers.TryPeek(out Container? container))
        {
            return "";
        }
        if (container is { IsMapping: true, Key: null })
        {
            throw new ManifestException("a key must be one word or a quoted string", line);
        }
        string path = container.IsMapping ? PathOf(container, container.Key!) : $"{container.Path}[{container.Count++}]";
        container.Key = null;
        // A mapping's value stands where its key does, even when it begins on a later line.
        _lines.TryAdd(path, line);
        return path;
    }

    private static string PathOf(Container mapping, string key) => mapping.Path.Length == 0 ? key : $"{mapping.Path}.{key}";

    // Plain scalars have the types of YAML 1.2's core schema, quoted ones are strings.
    private void WriteScalar(Scalar scalar)
    {
        string text = scalar.Value;
        bool isPlain = scalar.Style == ScalarStyle.Plain && scalar.Tag.IsEmpty;
        switch (isPlain ? text : null)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                _writer.WriteNullValue();
                break;
            case "true" or "True" or "TRUE":
                _writer.WriteBooleanValue(true);
                break;
            case "false" or "False" or "FALSE":
                _writer.WriteBooleanValue(false);
                break;
            case not null when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long integer):
                _writer.WriteNumberValue(integer);
                break;
            case not null when (char.IsAsciiDigit(text[^1]) || text[^1] == '.')
                && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number):
                _writer.WriteNumberValue(number);
                break;
            default:
                _writer.WriteStringValue(text);
                break;
        }
    }

    /// <summary>A mapping or sequence that is open, and how far it was read.</summary>
    private sealed class Container(string path, bool isMapping)
    {
        public string Path { get; } = path;

        public bool IsMapping { get; } = isMapping;

        public HashSet<string> Keys { get; } = new(StringComparer.Ordinal);

        public string? Key { get; set; }

        public int Count { get; set; }
    }
}
