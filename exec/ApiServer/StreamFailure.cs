using System.Text.RegularExpressions;
using SshGateway.Ssh.Wire;

namespace SshGateway.Exec.ApiServer;

/// <summary>The sentences about a stream that fails after it has begun.</summary>
internal static partial class StreamFailure
{
    public const string Unreachable = "The cluster cannot reach the pod at the moment";

    /// <summary>More of a server's text is cut off.</summary>
    private const int MaxText = 500;

    public static ApiServerException Lost(Exception? innerException = null) =>
        new(ApiServerFailure.Lost, "The connection to the pod was lost before the command ended.", innerException);

    public static ApiServerException Malformed() =>
        new(ApiServerFailure.Lost, "The connection to the pod was closed: the API server sent data that is not in the protocol.");

    /// <summary>What a server says, safe to show on a terminal, without addresses, which contain the command.</summary>
    public static string Text(string? text)
    {
        text = Address().Replace(text ?? "", "");
        return PeerText.OneLine(text.Length > MaxText ? text[..MaxText] + "…" : text).Trim();
    }

    // Go's errors of requests begin in this way (net/url, Error). The query of exec's address is the command.
    [GeneratedRegex("""[A-Z][a-z]+ "[a-z]+://[^"]*"(: )?""")]
    private static partial Regex Address();
}
