using SshGateway.Tests.EndToEnd.Harness;

namespace SshGateway.Tests.Deploy;

/// <summary>A test with kubectl; a declared skip where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class KubectlFactAttribute : FactAttribute
{
    public KubectlFactAttribute() => Skip = Tools.Find("kubectl") is null ? "Needs kubectl, which this machine lacks." : null;
}
