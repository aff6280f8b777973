namespace SshGateway.Bench.Reporting;

/// <summary>Says on the terminal what is being measured, one line that is written over.</summary>
internal static class Progress
{
    public static void Say(string what) => Console.Error.Write($"\r\e[K{what}");

    public static void Done() => Console.Error.Write("\r\e[K");
}
