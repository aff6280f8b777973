using Xunit;

namespace SshGateway.Tests.EndToEnd.Clients;

/// <summary>The classes that share <see cref="ClientGateway"/>. They run alone: they move gigabytes.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ClientTests : ICollectionFixture<ClientGateway>
{
    public const string Name = "clients";
}
