namespace SshGateway.Hosting;

/// <summary>
/// Answers <c>--check</c>: reads the configuration and the files that it names as the program does at its start, says
/// what would run, and ends. It opens no port and connects to nobody, so it works beside a running program.
/// </summary>
public static class ProgramCheck
{
    private const string Option = "--check";

    /// <summary>Whether the command line asks for it.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="others">All but the word that asks for it.</param>
    public static bool TryTake(string[] arguments, out string[] others)
    {
        others = [.. arguments.Where(argument => argument != Option)];
        return arguments.Contains(Option);
    }

    /// <param name="read">Reads everything, and says what would run, a line each.</param>
    /// <returns>The exit status: 1 when the program would not start, or could not do its work.</returns>
    public static int Run(Func<IEnumerable<string>> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        try
        {
            foreach (string line in read())
            {
                Console.WriteLine(line);
            }
            return 0;
        }
        catch (Exception exception) when (StartupFailure.IsExplained(exception))
        {
            Console.Error.WriteLine(StartupFailure.Explain(exception));
            return 1;
        }
    }
}
