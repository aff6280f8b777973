using System.Diagnostics;

namespace SshGateway.Tests.Support;

/// <summary>
/// A script of scripts/ that prints where programs are, as NAME=path, or says as its last line why they cannot be had.
/// </summary>
internal static class ProgramScript
{
    /// <returns>The paths by name, or the problem.</returns>
    public static (IReadOnlyDictionary<string, string>? Paths, string? Problem) Find(string script)
    {
        var start = new ProcessStartInfo(script, ["--find"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string[] lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        return process.ExitCode == 0
            ? (lines.Select(line => line.Split('=', 2)).ToDictionary(parts => parts[0], parts => parts[1]), null)
            : (null, errors.Result.Trim().Split('\n')[^1]);
    }
}
