using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Kubernetes;

namespace SshGateway.Tests.Integration.Deploy;

/// <summary>
/// A test with deploy/ at a real API server; skipped, and counted as skipped, where there is none or kubectl cannot
/// render it.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DeployedFactAttribute : FactAttribute
{
    public DeployedFactAttribute() => Skip = KubernetesPrograms.Problem ?? KubectlProgram.Problem;
}
