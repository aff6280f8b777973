using System.Globalization;
using System.Text.RegularExpressions;

namespace SshGateway.Tests.Support.Harness;

/// <summary>What the machine has of the programs that a test names.</summary>
internal static partial class Tools
{
    private static readonly string[] Directories =
        [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'), "/usr/sbin", "/sbin"];

    /// <summary>Why a test that needs these cannot run here, or null.</summary>
    public static string? Missing(IEnumerable<string> programs)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return "Needs root: sshd logs its users in.";
        }

        string[] missing = [.. programs.Where(program => Find(program) is null)];
        return missing.Length == 0 ? null : $"Needs {string.Join(", ", missing)}, which this machine lacks.";
    }

    /// <summary>The program's absolute path: sshd insists on being started by one.</summary>
    public static string? Find(string program) =>
        Directories.Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists);

    /// <summary>Of the ssh that is found; 0: of none.</summary>
    public static int OpenSshMajorVersion()
    {
        CommandResult version = Command.RunAsync("ssh", ["-V"]).GetAwaiter().GetResult();
        Match match = Version().Match(version.ErrorText);
        return match.Success ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
    }

    [GeneratedRegex(@"^OpenSSH_(\d+)")]
    private static partial Regex Version();
}
