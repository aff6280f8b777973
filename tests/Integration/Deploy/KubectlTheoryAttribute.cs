using SshGateway.Tests.Support.Deploy;

namespace SshGateway.Tests.Integration.Deploy;

/// <summary>A theory with kubectl; a declared skip where there is none that renders deploy/.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class KubectlTheoryAttribute : TheoryAttribute
{
    public KubectlTheoryAttribute() => Skip = KubectlProgram.Problem;
}
