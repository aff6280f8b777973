using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Kubernetes;

namespace SshGateway.Tests.EndToEnd.OnKubernetes;

/// <summary>
/// A fact with the real OpenSSH and a real API server; skipped, and counted as skipped, where one of them is missing.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ClusterLoginFactAttribute : FactAttribute
{
    public ClusterLoginFactAttribute(bool withPython = false, params string[] programs) =>
        Skip = Problem ?? Tools.Missing(programs) ?? (withPython ? PythonFactAttribute.Problem : null);

    /// <summary>What is missing, or null.</summary>
    public static string? Problem => Tools.Missing(["ssh", "sshd", "ssh-keygen", "bash"]) ?? KubernetesPrograms.Problem ?? KubectlProgram.Problem;
}
