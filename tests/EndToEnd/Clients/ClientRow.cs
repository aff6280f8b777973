namespace SshGateway.Tests.EndToEnd.Clients;

/// <summary>What was seen of one client: a row of docs/ssh-support.md.</summary>
/// <param name="Client">The name of its script.</param>
/// <param name="Version">In its own words.</param>
/// <param name="Commands">Login, exit status and both outputs of a command.</param>
/// <param name="Transfer">100 MiB to the session and back, checksums equal.</param>
/// <param name="OwnRekey">The same while the client exchanges keys again and again.</param>
/// <param name="GatewayRekey">The same while the gateway does.</param>
internal sealed record ClientRow(string Client, string Version, string Commands, string Transfer, string OwnRekey, string GatewayRekey)
{
    public const string Yes = "yes";
    public const string No = "no";

    /// <summary>The client has no such thing, or cannot be told to do it.</summary>
    public const string None = "–";

    public static string Header =>
        """
        | client | version | login, command with exit status and stderr | 100 MiB there and back, checksum | new keys by the client | new keys by the gateway |
        |---|---|---|---|---|---|
        """;

    public static ClientRow? Parse(string line)
    {
        string[] cells = [.. line.Split('|').Select(cell => cell.Trim())];
        return cells.Length == 8 ? new ClientRow(cells[1], cells[2], cells[3], cells[4], cells[5], cells[6]) : null;
    }

    public override string ToString() => $"| {Client} | {Version} | {Commands} | {Transfer} | {OwnRekey} | {GatewayRekey} |";
}
