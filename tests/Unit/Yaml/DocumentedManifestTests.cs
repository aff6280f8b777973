using SshGateway.Feed;
using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;
using SshGateway.Operator.Yaml;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Unit.Yaml;

/// <summary>docs/manifests.md shows what works.</summary>
public sealed class DocumentedManifestTests
{
    [Fact]
    public void The_example_is_read_and_routed_to_its_pod()
    {
        IReadOnlyList<ManifestDocument> documents = ManifestReader.Read("manifests.md", Example());

        Assert.All(documents, d => Assert.Null(d.Problem));
        var objects = new ClusterObjects([.. documents.Select(d => d.Object).OfType<ClaudeSession>()], [.. documents.Select(d => d.Object).OfType<Pod>()]);
        RoutedSession session = Assert.Single(RoutingFunction.Route(objects, new RoutingOptions(false, false)));
        Assert.Equal((EndpointState.Ready, "10.1.2.3", 1, 1), (session.State, session.Address!.ToString(), session.AuthorizedKeys.Count, session.HostKeys.Count));
        Assert.Empty(session.Problems);
    }

    private static string Example() => File.ReadAllText(Repository.File("docs/manifests.md")).Split("```yaml\n")[1].Split("```")[0];
}
