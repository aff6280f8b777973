namespace SshGateway.Proxy.Outcomes;

/// <summary>What a peer wrote, as it may stand in a log.</summary>
internal static class LogText
{
    private const int MaxLength = 512;

    /// <summary>Without control characters, and cut where it is too long.</summary>
    public static string Printable(string? text) =>
        string.Concat((text ?? "").Take(MaxLength).Select(character => char.IsControl(character) ? ' ' : character));
}
