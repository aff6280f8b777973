using SshGateway.Ssh.Wire;

namespace SshGateway.Exec.Requests;

/// <summary>The size of a terminal in characters.</summary>
internal readonly record struct TerminalSize(int Columns, int Rows)
{
    // struct winsize has 16 bits for each.
    private const uint Max = ushort.MaxValue;

    /// <summary>Whether it is one: 0 says that the client does not know (RFC 4254 section 6.2).</summary>
    public bool IsKnown => Columns > 0 && Rows > 0;

    //  uint32    terminal width, columns
    //  uint32    terminal height, rows
    //  uint32    terminal width, pixels
    //  uint32    terminal height, pixels
    public static TerminalSize Read(ref SshReader fields)
    {
        uint columns = fields.ReadUInt32();
        uint rows = fields.ReadUInt32();
        fields.ReadUInt32();
        fields.ReadUInt32();
        return new TerminalSize((int)Math.Min(columns, Max), (int)Math.Min(rows, Max));
    }
}
