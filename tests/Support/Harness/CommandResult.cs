using System.Text;

namespace SshGateway.Tests.Support.Harness;

/// <summary>What a finished (or, after its deadline, killed) program left behind.</summary>
internal sealed record CommandResult(
    string CommandLine, int ExitCode, byte[] Stdout, byte[] Stderr, bool TimedOut, TimeSpan Elapsed)
{
    private const int ShownCharacters = 6000;

    public string Text => Encoding.UTF8.GetString(Stdout);

    public string ErrorText => Encoding.UTF8.GetString(Stderr);

    public bool Succeeded => !TimedOut && ExitCode == 0;

    public override string ToString() =>
        $"""
        $ {CommandLine}
        {(TimedOut ? "KILLED at its deadline" : $"exit status {ExitCode}")} after {Elapsed.TotalSeconds:f2} s
        --- stdout ({Stdout.Length} bytes)
        {Tail(Text)}
        --- stderr ({Stderr.Length} bytes)
        {Tail(ErrorText)}
        """;

    // What a test report could not hold, such as a NUL, is shown as a dot.
    private static string Tail(string text) => string.Concat(
        (text.Length <= ShownCharacters ? text : "…" + text[^ShownCharacters..])
        .Select(character => char.IsControl(character) && character is not '\n' ? '.' : character));
}
