using System.Text.Json;

namespace SshGateway.Proxy.Recording;

/// <summary>The first line of a recording.</summary>
/// <param name="Columns">Of the terminal.</param>
/// <param name="Rows">Of the terminal.</param>
/// <param name="Began">When the recording began; its events count from then on.</param>
/// <param name="Title">Names it for people.</param>
/// <param name="Command">What runs; null: a shell.</param>
/// <param name="Term">The terminal's type; null: there is no terminal.</param>
internal readonly record struct CastHeader(int Columns, int Rows, DateTimeOffset Began, string Title, string? Command, string? Term)
{
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("version"u8, 2);
        json.WriteNumber("width"u8, Columns);
        json.WriteNumber("height"u8, Rows);
        json.WriteNumber("timestamp"u8, Began.ToUnixTimeSeconds());
        json.WriteString("title"u8, Title);
        if (Command is not null)
        {
            json.WriteString("command"u8, Command);
        }
        // No other variable: their values may be secrets.
        if (Term is not null)
        {
            json.WriteStartObject("env"u8);
            json.WriteString("TERM"u8, Term);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }
}
