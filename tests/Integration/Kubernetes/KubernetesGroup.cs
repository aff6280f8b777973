using SshGateway.Tests.Support.Kubernetes;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>Tests that share one API server. They run one after the other: some of them stop it.</summary>
[CollectionDefinition(Name)]
public sealed class KubernetesGroup : ICollectionFixture<KubernetesServer>
{
    public const string Name = "kubernetes";
}
