using SshGateway.Ssh.Wire;

namespace SshGateway.Proxy.Outcomes;

/// <summary>What a peer wrote, as it may stand in a log.</summary>
internal static class LogText
{
    private const int MaxLength = 512;

    /// <summary>In one line, in reading order, and cut where it is too long.</summary>
    public static string Printable(string? text) => PeerText.OneLine(string.Concat((text ?? "").EnumerateRunes().Take(MaxLength)));
}
