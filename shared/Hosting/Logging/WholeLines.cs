namespace SshGateway.Hosting.Logging;

/// <summary>Writes lines in pieces that end with a line, each at once: no other writer's get between.</summary>
internal static class WholeLines
{
    // PIPE_BUF: more than this is not always written to a pipe at once (pipe(7)).
    private const int AtOnce = 4096;

    /// <param name="output">A pipe, or a file that is opened to append.</param>
    /// <param name="lines">Each with its end of line; one that is longer than 4096 bytes is written alone.</param>
    /// <exception cref="IOException">They cannot be written.</exception>
    public static void Write(Stream output, ReadOnlySpan<byte> lines)
    {
        while (!lines.IsEmpty)
        {
            int size = lines.Length <= AtOnce ? lines.Length : lines[..AtOnce].LastIndexOf((byte)'\n') + 1;
            if (size == 0)
            {
                size = lines.IndexOf((byte)'\n') + 1;
            }
            output.Write(lines[..size]);
            lines = lines[size..];
        }
    }
}
