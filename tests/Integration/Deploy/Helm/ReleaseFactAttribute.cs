using SshGateway.Tests.Support.Deploy.Helm;
using SshGateway.Tests.Support.Kubernetes;

namespace SshGateway.Tests.Integration.Deploy.Helm;

/// <summary>A test with a real helm at a real API server; a declared skip where one of them is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ReleaseFactAttribute : FactAttribute
{
    public ReleaseFactAttribute() => Skip = HelmProgram.Problem ?? KubernetesPrograms.Problem;
}
