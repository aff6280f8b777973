using SshGateway.Ssh.Wire;

namespace SshGateway.Exec.ApiServer;

/// <summary>The sentences about a stream that fails after it has begun.</summary>
internal static class StreamFailure
{
    /// <summary>More of a server's text is cut off.</summary>
    private const int MaxText = 500;

    public static ApiServerException Lost(Exception? innerException = null) =>
        new(ApiServerFailure.Lost, "The connection to the pod was lost before the command ended.", innerException);

    public static ApiServerException Malformed() =>
        new(ApiServerFailure.Lost, "The connection to the pod was closed: the API server sent data that is not in the protocol.");

    /// <summary>What a server says, safe to show on a terminal.</summary>
    public static string Text(string? text) =>
        PeerText.OneLine(text is { Length: > MaxText } ? text[..MaxText] + "…" : text ?? "").Trim();
}
