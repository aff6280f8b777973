using System.Diagnostics;

namespace SshGateway.Tests.Support.Harness;

/// <summary>Runs a real program to its end, with a deadline after which it is killed.</summary>
internal static class Command
{
    public static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(90);

    /// <summary>A shell pipeline; bash, for pipefail and process substitution.</summary>
    public static Task<CommandResult> ShellAsync(string script, TimeSpan? deadline = null) =>
        RunAsync("bash", ["-o", "pipefail", "-c", script], deadline: deadline);

    /// <returns>What a program wrote to its standard output. A program that fails fails the test.</returns>
    public static async Task<string> OutputAsync(string program, params string[] arguments)
    {
        CommandResult result = await RunAsync(program, arguments, deadline: TimeSpan.FromSeconds(60));
        Assert.True(result.Succeeded, result.ToString());
        return result.Text;
    }

    public static async Task<CommandResult> RunAsync(
        string program,
        IReadOnlyList<string> arguments,
        byte[]? stdin = null,
        TimeSpan? deadline = null,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // A user's agent must not offer its keys to the gateway under test.
            Environment = { ["SSH_AUTH_SOCK"] = null, ["LC_ALL"] = "C.UTF-8" },
        };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        string commandLine = $"{program} {string.Join(' ', arguments)}";
        Stopwatch clock = Stopwatch.StartNew();
        using Process process = StartedProcesses.Start(start);
        using CancellationTokenSource timeout = new(deadline ?? DefaultDeadline);
        using MemoryStream stdout = new();
        using MemoryStream stderr = new();
        bool timedOut = false;
        try
        {
            await Task.WhenAll(
                FeedAsync(process, stdin, timeout.Token),
                process.StandardOutput.BaseStream.CopyToAsync(stdout, timeout.Token),
                process.StandardError.BaseStream.CopyToAsync(stderr, timeout.Token),
                process.WaitForExitAsync(timeout.Token));
        }
        catch (OperationCanceledException)
        {
            timedOut = true;
        }

        await StartedProcesses.EndAsync(process);
        return new CommandResult(
            commandLine, process.ExitCode, stdout.ToArray(), stderr.ToArray(), timedOut, clock.Elapsed);
    }

    private static async Task FeedAsync(Process process, byte[]? stdin, CancellationToken cancel)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(stdin, cancel);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program ended without reading all of it; its exit status tells.
        }
    }
}
