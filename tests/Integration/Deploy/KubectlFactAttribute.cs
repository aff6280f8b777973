using SshGateway.Tests.Support.Deploy;

namespace SshGateway.Tests.Integration.Deploy;

/// <summary>A test with kubectl; a declared skip where there is none that renders deploy/.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class KubectlFactAttribute : FactAttribute
{
    public KubectlFactAttribute() => Skip = KubectlProgram.Problem;
}
