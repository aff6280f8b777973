using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Deploy.Helm;

namespace SshGateway.Tests.Integration.Deploy.Helm;

/// <summary>A theory with a real helm and kubectl; a declared skip where one of them is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ChartTheoryAttribute : TheoryAttribute
{
    public ChartTheoryAttribute() => Skip = HelmProgram.Problem ?? KubectlProgram.Problem;
}
