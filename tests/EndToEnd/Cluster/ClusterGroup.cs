namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>
/// Tests that share one cluster. They run one after the other, and with nothing beside them: they reboot its nodes.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ClusterGroup : ICollectionFixture<GatewayCluster>
{
    public const string Name = "cluster";
}
