using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>
/// Tests that measure time or memory, or that fill a machine. They run alone: on a small machine they would measure
/// each other.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class EndToEndTests : ICollectionFixture<SharedGateway>
{
    public const string Name = "end to end";
}

/// <summary>Tests of one gateway that they share. They run beside <see cref="OwnGatewayTests"/>.</summary>
[CollectionDefinition(Name)]
public sealed class SharedGatewayTests : ICollectionFixture<SharedGateway>
{
    public const string Name = "end to end, shared gateway";
}

/// <summary>Tests that start, stop or configure a gateway. They run beside <see cref="SharedGatewayTests"/>.</summary>
[CollectionDefinition(Name)]
public sealed class OwnGatewayTests : ICollectionFixture<SharedGateway>
{
    public const string Name = "end to end, own gateways";
}

/// <summary>The same for gateways with exec relays or recordings. They run beside the others.</summary>
[CollectionDefinition(Name)]
public sealed class OwnRelayTests : ICollectionFixture<SharedGateway>
{
    public const string Name = "end to end, own relays";
}
