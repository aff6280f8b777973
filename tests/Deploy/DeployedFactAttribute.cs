using SshGateway.Tests.Kubernetes;

namespace SshGateway.Tests.Deploy;

/// <summary>A test with deploy/ at a real API server; skipped, and counted as skipped, where there is none or kubectl cannot render it.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DeployedFactAttribute : FactAttribute
{
    public DeployedFactAttribute() => Skip = KubernetesPrograms.Problem ?? KubectlProgram.Problem;
}
