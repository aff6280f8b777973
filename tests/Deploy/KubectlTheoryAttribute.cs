using SshGateway.Tests.EndToEnd.Harness;

namespace SshGateway.Tests.Deploy;

/// <summary>A theory with kubectl; a declared skip where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class KubectlTheoryAttribute : TheoryAttribute
{
    public KubectlTheoryAttribute() => Skip = Tools.Find("kubectl") is null ? "Needs kubectl, which this machine lacks." : null;
}
