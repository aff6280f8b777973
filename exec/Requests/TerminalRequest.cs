using System.Text;
using SshGateway.Ssh.Wire;

namespace SshGateway.Exec.Requests;

/// <summary>A terminal that a client asks for with pty-req: RFC 4254 section 6.2.</summary>
/// <param name="Name">What becomes TERM; empty: the client did not say.</param>
internal sealed record TerminalRequest(string Name, TerminalSize Size)
{
    //  string    TERM environment variable value (e.g., vt100)
    //  ....      the size
    //  string    encoded terminal modes
    /// <summary>Null: it is out of bounds. The modes are dropped: the API cannot set them.</summary>
    public static TerminalRequest? Parse(SshReader fields)
    {
        ReadOnlySpan<byte> name = fields.ReadString();
        TerminalSize size = TerminalSize.Read(ref fields);
        ReadOnlySpan<byte> modes = fields.ReadString();
        fields.End();
        return name.Length <= RequestLimits.TerminalName && !name.ContainsAnyExceptInRange((byte)'!', (byte)'~') && modes.Length <= RequestLimits.TerminalModes
            ? new TerminalRequest(Encoding.ASCII.GetString(name), size)
            : null;
    }
}
