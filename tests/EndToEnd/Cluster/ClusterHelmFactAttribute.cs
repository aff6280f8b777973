using SshGateway.Tests.Support.Deploy.Helm;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>
/// A test with a real helm on a real cluster; a declared skip where one of them cannot be had, with its reason.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ClusterHelmFactAttribute : FactAttribute
{
    public ClusterHelmFactAttribute() => Skip = ClusterFactAttribute.Problem ?? HelmProgram.Problem;
}
