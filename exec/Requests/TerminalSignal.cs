namespace SshGateway.Exec.Requests;

/// <summary>
/// Signals (RFC 4254 section 6.9) as the control characters for which a terminal sends them. The Kubernetes API has no
/// other way to signal a process.
/// </summary>
internal static class TerminalSignal
{
    private const byte Interrupt = 0x03;
    private const byte Quit = 0x1c;

    /// <summary>Null: there is none for the signal.</summary>
    public static byte? Find(ReadOnlySpan<byte> name)
    {
        // A terminal has none for TERM. What ends most programs on it is the interrupt.
        if (name.SequenceEqual("INT"u8) || name.SequenceEqual("TERM"u8))
        {
            return Interrupt;
        }
        return name.SequenceEqual("QUIT"u8) ? Quit : null;
    }
}
