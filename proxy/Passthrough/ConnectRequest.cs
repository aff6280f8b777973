using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using SshGateway.Feed;

namespace SshGateway.Proxy.Passthrough;

/// <summary>The head of an HTTP CONNECT request: RFC 9110 section 9.3.6, RFC 9112 section 3.2.3.</summary>
/// <param name="SessionId">Whom it wants; empty: something that cannot be a session's id.</param>
/// <param name="Port">The port that it names; null: none.</param>
internal sealed record ConnectRequest(string SessionId, int? Port)
{
    private static ReadOnlySpan<byte> HeadEnd => "\r\n\r\n"u8;

    /// <summary>What a request begins with, and an SSH client never.</summary>
    public static ReadOnlySpan<byte> Method => "CONNECT "u8;

    /// <summary>Bytes of the complete head at the start of what has come; 0: it is not complete yet.</summary>
    public static int FindHead(ReadOnlySpan<byte> bytes) => bytes.IndexOf(HeadEnd) is >= 0 and int end ? end + HeadEnd.Length : 0;

    //  CONNECT <session id>[:<port>] HTTP/1.0|1.1 CR LF
    //  *( <header> CR LF )
    //  CR LF
    public static bool TryParse(ReadOnlySpan<byte> head, [NotNullWhen(true)] out ConnectRequest? request, [NotNullWhen(false)] out string? problem)
    {
        (request, problem) = (null, null);
        string[] lines = Encoding.Latin1.GetString(head[..^HeadEnd.Length]).Split("\r\n");
        if (lines[0].Split(' ') is not ["CONNECT", { Length: > 0 } authority, "HTTP/1.0" or "HTTP/1.1"])
        {
            problem = "a malformed CONNECT request";
            return false;
        }
        // Their names and values mean nothing here.
        if (lines.Skip(1).Any(line => line.IndexOf(':', StringComparison.Ordinal) < 1 || line.Any(character => char.IsControl(character) && character != '\t')))
        {
            problem = "a malformed header in a CONNECT request";
            return false;
        }
        int colon = authority.IndexOf(':', StringComparison.Ordinal);
        // A host's name is the same in either case (RFC 3986 section 3.2.2), and some clients change it.
        string id = (colon < 0 ? authority : authority[..colon]).ToLowerInvariant();
        int? port = colon < 0 ? null : ushort.TryParse(authority.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort number) ? number : 0;
        request = new ConnectRequest(SessionNames.IsSessionId(id) ? id : "", port);
        return true;
    }
}
