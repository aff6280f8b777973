using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>
/// A test on a real cluster; a declared skip where scripts/cluster cannot start one, with its reason.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ClusterFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Found = new(FindProblem);

    public ClusterFactAttribute(bool withPython = false) => Skip = Problem ?? (withPython ? PythonFactAttribute.Problem : null);

    /// <summary>Why there can be no cluster here; null when there can.</summary>
    public static string? Problem => Found.Value;

    private static string? FindProblem()
    {
        CommandResult check = Command.RunAsync(Repository.File("scripts/cluster/up"), ["--check"]).GetAwaiter().GetResult();
        return check.Succeeded ? null : check.ErrorText.Trim().Split('\n')[^1];
    }
}
