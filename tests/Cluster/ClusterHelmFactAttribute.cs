using SshGateway.Tests.Deploy.Helm;

namespace SshGateway.Tests.Cluster;

/// <summary>
/// A test with a real helm on a real cluster; a declared skip where one of them cannot be had, with its reason.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ClusterHelmFactAttribute : FactAttribute
{
    public ClusterHelmFactAttribute() => Skip = ClusterFactAttribute.Problem ?? HelmProgram.Problem;
}
