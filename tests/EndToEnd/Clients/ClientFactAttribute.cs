using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;
using Xunit;

namespace SshGateway.Tests.EndToEnd.Clients;

/// <summary>
/// A test with a client that is not ours; skipped, and counted as skipped, where it is not installed.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ClientFactAttribute : FactAttribute
{
    /// <param name="needs">Programs; or paths, from the repository's root where they are not absolute.</param>
    public ClientFactAttribute(params string[] needs)
    {
        Skip = Tools.Missing(["ssh", "sshd", "ssh-keygen", "bash", .. needs.Where(IsProgram)])
            ?? (needs.Where(need => !IsProgram(need)).FirstOrDefault(path => !Path.Exists(Repository.File(path))) is { } missing
                ? $"Needs {missing}, which this machine lacks."
                : null);
    }

    private static bool IsProgram(string need) => !need.Contains('/', StringComparison.Ordinal);
}
