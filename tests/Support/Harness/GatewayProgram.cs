namespace SshGateway.Tests.Support.Harness;

/// <summary>The programs that are tested: operator, proxy and exec.</summary>
internal static class GatewayProgram
{
    /// <summary>Names the proxy that scripts/compile-proxy has made. Without it, the build's is tested.</summary>
    private const string CompiledProxy = "SSHGATEWAY_PROXY";

    /// <summary>What starts a program as a process, beginning with the file to be executed.</summary>
    /// <param name="program">operator, proxy or exec.</param>
    /// <param name="arguments">Of the program.</param>
    public static string[] Command(string program, params IEnumerable<string> arguments) =>
        program == "proxy" && Environment.GetEnvironmentVariable(CompiledProxy) is { Length: > 0 } compiled
            ? [compiled, .. arguments]
            : ["dotnet", Path.Combine(AppContext.BaseDirectory, $"sshgateway-{program}.dll"), .. arguments];

    /// <summary>Runs a program to its end.</summary>
    public static Task<CommandResult> RunAsync(
        string program, IEnumerable<string> arguments, TimeSpan? deadline = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        string[] command = Command(program, arguments);
        return Harness.Command.RunAsync(command[0], command[1..], deadline: deadline, environment: environment);
    }

    /// <summary>Starts a program, to be ended by the caller.</summary>
    public static Daemon Start(string name, string program, IEnumerable<string> arguments, IReadOnlyList<string>? launcher = null)
    {
        string[] command = [.. launcher ?? [], .. Command(program, arguments)];
        return Daemon.Start(name, command[0], command[1..]);
    }
}
