using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>
/// The classes that share <see cref="SharedGateway"/>. They run alone: some measure time and memory, and two
/// bulk transfers at once on a small machine would measure the other one.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class EndToEndTests : ICollectionFixture<SharedGateway>
{
    public const string Name = "end to end";
}
