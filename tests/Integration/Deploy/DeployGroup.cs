using SshGateway.Tests.Support.Kubernetes;
using Xunit;

namespace SshGateway.Tests.Integration.Deploy;

/// <summary>Tests of deploy/, which share an API server of their own and run beside those of Kubernetes.</summary>
[CollectionDefinition(Name)]
public sealed class DeployGroup : ICollectionFixture<KubernetesServer>
{
    public const string Name = "deploy";
}
