using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>
/// Two nodes started by scripts/cluster/up, the host outside of them that stands for all clients, and kubectl.
/// </summary>
internal sealed class ClusterNodes : IAsyncDisposable
{
    public const string First = "node1";
    public const string Second = "node2";

    private static readonly TimeSpan StartDeadline = TimeSpan.FromMinutes(10);
    private readonly string[] _onClient;

    private ClusterNodes(string directory)
    {
        Directory = directory;
        _onClient = ["--target", File.ReadAllText(Path.Combine(directory, "pid")).Trim(), "--net", "--"];
    }

    public string Directory { get; }

    /// <summary>What nsenter needs to run something on the clients' host.</summary>
    public IReadOnlyList<string> OnClient => _onClient;

    public static async Task<ClusterNodes> StartAsync()
    {
        string directory = System.IO.Directory.CreateTempSubdirectory("sshgw-cluster-").FullName;
        CommandResult up = await Command.RunAsync(Script("up"), [directory, First, Second], deadline: StartDeadline);
        Assert.True(up.Succeeded, up.ToString());
        return new ClusterNodes(directory);
    }

    public static string AddressOf(string node) => node == First ? "198.51.100.11" : "198.51.100.12";

    /// <summary>The tag of this build's image of the operator, the proxy or the exec relay.</summary>
    public string Tag(string program) =>
        File.ReadLines(Path.Combine(Directory, "images.sh")).Single(line => line.StartsWith($"{program}_tag=", StringComparison.Ordinal)).Split('=')[1];

    public Task<CommandResult> RunOnClientAsync(string program, IEnumerable<string> arguments, TimeSpan? deadline = null) =>
        Command.RunAsync("nsenter", [.. _onClient, program, .. arguments], deadline: deadline);

    public Task<CommandResult> RunOnNodeAsync(string node, string command) =>
        Command.ShellAsync($". {Script("lib.sh")}; choose_cluster {Directory}; in_node {node} bash -c '{command}'");

    /// <returns>What kubectl wrote to its standard output.</returns>
    public async Task<string> KubectlAsync(params string[] arguments)
    {
        CommandResult result = await TryKubectlAsync(arguments);
        Assert.True(result.Succeeded, result.ToString());
        return result.Text;
    }

    public Task<CommandResult> TryKubectlAsync(params string[] arguments) => TryKubectlAsync(TimeSpan.FromMinutes(3), arguments);

    public Task<CommandResult> TryKubectlAsync(TimeSpan deadline, params string[] arguments) => RunOnClientAsync(
        KubectlProgram.File!,
        ["--kubeconfig", Path.Combine(Directory, "admin.kubeconfig"), "--cache-dir", Path.Combine(Directory, "kubectl-cache"), .. arguments],
        deadline);

    public async Task ApplyAsync(string yaml, params string[] arguments)
    {
        string file = Path.Combine(Directory, $"{Guid.NewGuid():N}.yaml");
        await File.WriteAllTextAsync(file, yaml);
        await KubectlAsync(["apply", "-f", file, .. arguments]);
    }

    /// <summary>As a power cut does it: every process of the node is gone at once, its disk stays.</summary>
    public Task CutPowerAsync(string node) => InClusterAsync("node-down", node);

    public Task StartNodeAsync(string node) => InClusterAsync("node-up", node);

    /// <summary>The node's cable: without it nothing reaches the node, and nothing on it ends.</summary>
    public async Task SetCableAsync(string node, bool plugged)
    {
        CommandResult set = await RunOnClientAsync("ip", ["link", "set", node, plugged ? "up" : "down"]);
        Assert.True(set.Succeeded, set.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        CommandResult down = await Command.RunAsync(Script("down"), [Directory], deadline: TimeSpan.FromMinutes(2));
        Assert.True(down.Succeeded, down.ToString());
    }

    private static string Script(string name) => Repository.File($"scripts/cluster/{name}");

    private async Task InClusterAsync(string script, string node)
    {
        CommandResult result = await Command.ShellAsync($". {Script("lib.sh")}; choose_cluster {Directory}; in_cluster {Script(script)} {Directory} {node}", TimeSpan.FromMinutes(1));
        Assert.True(result.Succeeded, result.ToString());
    }
}
