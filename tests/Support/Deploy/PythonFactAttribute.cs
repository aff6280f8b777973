using SshGateway.Tests.Support.Kubernetes;

namespace SshGateway.Tests.Support.Deploy;

/// <summary>
/// A test with Python's Kubernetes client at a real API server; skipped, and counted as skipped, where one of them is
/// missing.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PythonFactAttribute : FactAttribute
{
    public PythonFactAttribute() => Skip = Problem;

    /// <summary>What is missing, or null.</summary>
    public static string? Problem => Path.Exists("/usr/lib/python3/dist-packages/kubernetes")
        ? KubernetesPrograms.Problem ?? KubectlProgram.Problem
        : "needs the Debian package python3-kubernetes";
}
