using SshGateway.Tests.Support.Deploy.Helm;

namespace SshGateway.Tests.Integration.Deploy.Helm;

/// <summary>A test with a real helm; a declared skip where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class HelmFactAttribute : FactAttribute
{
    public HelmFactAttribute() => Skip = HelmProgram.Problem;
}
