using SshGateway.Tests.Support.Deploy.Helm;

namespace SshGateway.Tests.Integration.Deploy.Helm;

/// <summary>A theory with a real helm; a declared skip where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class HelmTheoryAttribute : TheoryAttribute
{
    public HelmTheoryAttribute() => Skip = HelmProgram.Problem;
}
