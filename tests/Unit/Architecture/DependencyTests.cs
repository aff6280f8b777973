using SshGateway.Exec.Sessions;
using SshGateway.Feed;
using SshGateway.Hosting;
using SshGateway.Kubernetes.ApiServer;
using SshGateway.Operator.Hosting;
using SshGateway.Proxy.Hosting;
using SshGateway.Ssh.Wire;
using Xunit;

namespace SshGateway.Tests.Unit.Architecture;

/// <summary>
/// A folder is a namespace and one responsibility. No two folders of an assembly depend on each other in a circle, and
/// each uses only folders of lower layers. docs/architecture.md describes the layers.
/// </summary>
public sealed class DependencyTests
{
    // Lowest first. Folders in one entry are siblings that do not know each other.
    private static readonly string[][] SshLayers =
    [
        ["Sockets.Native"], ["Sockets"], ["Sockets.Epoll"], ["Wire"], ["Crypto"], ["Keys"], ["Certificates"], ["Revocation"], ["Ciphers"], ["KeyExchange"], ["Transport"], ["Authentication"],
    ];

    private static readonly string[][] ProxyLayers =
    [
        ["Outcomes"], ["Networks"], ["Sessions"], ["Limits"], ["Authentication"], ["Pods"], ["Relay"], ["Recording"], ["Accounting"], ["SshConnections", "Passthrough"], ["Listening"],
        ["Feed"], ["Configuration"], ["Hosting"],
    ];

    private static readonly string[][] OperatorLayers =
    [
        ["Model"], ["Yaml"], ["Routing"], ["Table"], ["HostKeys"], ["Usage"], ["Publishing"], ["Feed.Authentication"], ["Feed.Certificates"], ["Feed"], ["TarsApi"],
        ["Kubernetes.Api"], ["Kubernetes.Watching"], ["Kubernetes.Leadership"], ["Kubernetes.Status"], ["Kubernetes.Keys"],
        ["Kubernetes.FeedCertificates"], ["Kubernetes.Tokens"], ["Leader"], ["Configuration"], ["Listing"], ["StatusPage"], ["Hosting"],
    ];

    private static readonly string[][] ExecLayers = [["ApiServer"], ["Sessions"], ["Channels"], ["Authentication"], ["Requests"], ["Connections"], ["Feed"], ["Configuration"], ["Hosting"]];

    // Arrows against the order, each with the reason why it may stay.
    private static readonly (string Assembly, string From, string To, string Reason)[] Allowed = [];

    private static readonly (string Root, Type Member, string[][] Layers)[] Assemblies =
    [
        ("SshGateway.Feed", typeof(EntryHash), [["(root)"], ["Client"]]),
        ("SshGateway.Hosting", typeof(Probes), [["Files"], ["(root)"], ["Logging"], ["Metrics"], ["Networks"], ["Text"], ["Tls"], ["Keys"], ["Listening"]]),
        ("SshGateway.Kubernetes", typeof(ApiServerAccess), [["Yaml"], ["ApiServer"], ["Kubeconfig"]]),
        ("SshGateway.Ssh", typeof(SshReader), SshLayers),
        ("SshGateway.Proxy", typeof(ProxyHost), ProxyLayers),
        ("SshGateway.Operator", typeof(OperatorHost), OperatorLayers),
        ("SshGateway.Exec", typeof(ExecSession), ExecLayers),
    ];

    public static TheoryData<string> Cycles => [.. Assemblies.Select(assembly => assembly.Root)];

    public static TheoryData<string> Layered => [.. Assemblies.Where(assembly => assembly.Layers.Length > 0).Select(assembly => assembly.Root)];

    [Theory]
    [MemberData(nameof(Cycles))]
    public void No_folders_depend_on_each_other_in_a_circle(string root) => Assert.Empty(Read(root).Graph.FindCycles());

    [Theory]
    [MemberData(nameof(Layered))]
    public void Folders_use_lower_layers_only(string root)
    {
        (NamespaceGraph graph, string[][] layers) = Read(root);
        int LayerOf(string folder) => Array.FindIndex(layers, layer => layer.Contains(folder));

        Assert.DoesNotContain(graph.Namespaces, folder => LayerOf(folder) < 0);
        Assert.Empty(graph.Arrows
            .Where(arrow => LayerOf(arrow.From) <= LayerOf(arrow.To) && !Allowed.Any(allowed => (allowed.Assembly, allowed.From, allowed.To) == (root, arrow.From, arrow.To)))
            .Select(arrow => $"{arrow.From} -> {arrow.To} ({arrow.Example})"));
    }

    // The proxy has no permission in the cluster, and no code that would use one.
    [Fact]
    public void The_proxy_does_not_know_the_API_server() => Assert.DoesNotContain(
        typeof(ProxyHost).Assembly.GetReferencedAssemblies(), reference => reference.Name == typeof(ApiServerAccess).Assembly.GetName().Name);

    [Fact]
    public void Arrows_that_are_allowed_are_there() =>
        Assert.All(Allowed, allowed => Assert.Contains(Read(allowed.Assembly).Graph.Arrows, arrow => (arrow.From, arrow.To) == (allowed.From, allowed.To)));

    private static (NamespaceGraph Graph, string[][] Layers) Read(string root)
    {
        (_, Type member, string[][] layers) = Assemblies.Single(assembly => assembly.Root == root);
        return (NamespaceGraph.Read(member.Assembly.Location, root), layers);
    }
}
