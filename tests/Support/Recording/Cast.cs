using System.Text.Json;

namespace SshGateway.Tests.Support.Recording;

/// <summary>A recording as a program reads it that knows asciicast v2 and nothing of the gateway.</summary>
internal sealed record Cast(JsonElement Header, IReadOnlyList<CastEvent> Events)
{
    /// <summary>All that a terminal would have got.</summary>
    public string Output => Text("o");

    public IEnumerable<string> Resizes => Of("r");

    public IEnumerable<string> Markers => Of("m");

    public static Cast Read(string file) => Parse(File.ReadAllText(file));

    public static Cast Parse(string text)
    {
        string[] lines = text.Split('\n');
        if (lines[^1].Length > 0)
        {
            throw new InvalidDataException("The last line has no end.");
        }
        JsonElement header = JsonDocument.Parse(lines[0]).RootElement;
        if (header.GetProperty("version").GetInt32() != 2)
        {
            throw new InvalidDataException("This is not asciicast v2.");
        }
        CastEvent[] events = [.. lines[1..^1].Select(line => JsonDocument.Parse(line).RootElement).Select(line =>
            line.GetArrayLength() == 3
                ? new CastEvent(line[0].GetDouble(), line[1].GetString()!, line[2].GetString()!)
                : throw new InvalidDataException($"An event has three parts: {line}"))];
        return events.Zip(events.Skip(1)).All(pair => pair.First.At <= pair.Second.At)
            ? new Cast(header, events)
            : throw new InvalidDataException("Time goes backwards.");
    }

    public string Text(string code) => string.Concat(Of(code));

    private IEnumerable<string> Of(string code) => Events.Where(e => e.Code == code).Select(e => e.Text);
}

/// <summary>One line behind the header.</summary>
internal sealed record CastEvent(double At, string Code, string Text);
