using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;
using Xunit;

namespace SshGateway.Tests.EndToEnd.Clients;

/// <summary>
/// A test with the OpenSSH of Debian 13; skipped where scripts/install-trixie has not made, or cannot make, a directory
/// with it.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TrixieClientFactAttribute : FactAttribute
{
    public TrixieClientFactAttribute()
    {
        Skip = Tools.Missing(["ssh", "sshd", "ssh-keygen", "bash", "unshare"]);
        if (Skip is null)
        {
            CommandResult found = Command.RunAsync(Repository.File("scripts/install-trixie"), ["--find"]).GetAwaiter().GetResult();
            Skip = found.Succeeded ? null : found.ErrorText.Trim();
        }
    }
}
