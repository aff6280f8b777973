using System.Text.Json;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;
using Xunit.Abstractions;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>
/// What the stock programs carry from a host outside to a proxy on one node, and from there to a pod on the other.
/// </summary>
[Collection(ClusterGroup.Name)]
[Trait("Category", "Long")]
public sealed class TransferTests(GatewayCluster cluster, ITestOutputHelper output)
{
    private const int Megabytes = 300;
    private const string Remote = "/home/claude/transfer";

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);

    [ClusterFact]
    public Task By_scp() => TransferAsync(
        "scp",
        (client, session, local) => client("scp", [.. session, local, $"{SshClient.Host}:{Remote}"]),
        (client, session, local) => client("scp", [.. session, $"{SshClient.Host}:{Remote}", local]));

    [ClusterFact]
    public Task By_scps_old_protocol() => TransferAsync(
        "scp -O",
        (client, session, local) => client("scp", [.. session, "-O", local, $"{SshClient.Host}:{Remote}"]),
        (client, session, local) => client("scp", [.. session, "-O", $"{SshClient.Host}:{Remote}", local]));

    [ClusterFact]
    public Task By_sftp() => TransferAsync(
        "sftp",
        (client, session, local) => client("sftp", [.. session, "-b", Batch($"put {local} {Remote}"), SshClient.Host]),
        (client, session, local) => client("sftp", [.. session, "-b", Batch($"get {Remote} {local}"), SshClient.Host]));

    [ClusterFact]
    public async Task Several_sessions_over_one_connection()
    {
        (SshClient ssh, string session) = await ThroughTwoNodesAsync();
        SshClient shared = ssh.With($"ControlPath={ScratchDirectory.New("master")}/socket");
        await using Daemon master = shared.Start(session, ["-M", "-N"]);
        await Eventually.TrueAsync(
            async () => (await shared.RunProgramAsync("ssh", [.. shared.Arguments(session), "-O", "check", SshClient.Host])).Succeeded,
            () => $"the master does not answer: {master.Output}");

        CommandResult[] sessions = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => shared.RunAsync(session, $"echo $SSH_CONNECTION; head -c {i + 1}000000 /dev/zero | wc -c")));

        Assert.All(sessions, result => Assert.True(result.Succeeded, result.ToString()));
        Assert.Equal(Enumerable.Range(1, 5).Select(i => $"{i}000000"), sessions.Select(result => result.Text.Split('\n')[1]));
        // The pod's sshd was connected to once.
        string connection = Assert.Single(sessions.Select(result => result.Text.Split('\n')[0]).Distinct());
        CommandResult another = await ssh.RunAsync(session, "echo $SSH_CONNECTION");
        Assert.NotEqual(connection, another.Text.Trim());

        CommandResult exit = await shared.RunProgramAsync("ssh", [.. shared.Arguments(session), "-O", "exit", SshClient.Host]);
        Assert.True(exit.Succeeded, exit.ToString());
    }

    [ClusterFact]
    public async Task A_forwarded_port_leads_into_the_pod()
    {
        const int Local = 18000;
        const int InPod = 8000;
        (SshClient ssh, string session) = await ThroughTwoNodesAsync();
        await using Daemon forward = ssh.Start(
            session,
            ["-o", "ExitOnForwardFailure=yes", "-L", $"127.0.0.1:{Local}:127.0.0.1:{InPod}"],
            $"head -c 20M /dev/urandom >/tmp/served; sha256sum /tmp/served; nc -N -l 127.0.0.1 {InPod} </tmp/served; rm /tmp/served");
        // sha256sum's line: the sum, two blanks, the name.
        await forward.WaitForLineAsync("  /tmp/served");
        string sum = forward.Output.Split('\n').Single(line => line.EndsWith("  /tmp/served", StringComparison.Ordinal)).Split(' ')[0];

        string received = "";
        // nc listens a moment later. Until then the connection is closed at once, and the sum is that of nothing.
        await Eventually.TrueAsync(
            async () =>
            {
                CommandResult read = await ssh.RunProgramAsync("bash", ["-c", $"exec 3<>/dev/tcp/127.0.0.1/{Local}; sha256sum <&3"]);
                return (received = read.Text.Split(' ')[0]) == sum;
            },
            () => $"{sum} was sent, {received} came; {forward.Output}");
    }

    private async Task TransferAsync(string name, Transfer up, Transfer down)
    {
        (SshClient ssh, string session) = await ThroughTwoNodesAsync();
        string directory = ScratchDirectory.New("transfer");
        string sent = Path.Combine(directory, "sent");
        string received = Path.Combine(directory, "received");
        try
        {
            CommandResult made = await Command.ShellAsync($"head -c {Megabytes}M /dev/urandom >{sent}; sha256sum <{sent}");
            await MeasureAsync($"{name} to the pod", up, sent);
            CommandResult inPod = await ssh.RunAsync(session, $"sha256sum <{Remote}");
            Assert.Equal(made.Text, inPod.Text);

            await MeasureAsync($"{name} from the pod", down, received);
            CommandResult back = await Command.ShellAsync($"sha256sum <{received}");
            Assert.Equal(made.Text, back.Text);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
            await ssh.RunAsync(session, $"rm -f {Remote}");
        }

        async Task MeasureAsync(string what, Transfer transfer, string local)
        {
            CommandResult result = await transfer((program, arguments) => ssh.RunProgramAsync(program, arguments, deadline: Deadline), ssh.Arguments(session), local);
            Assert.True(result.Succeeded, result.ToString());
            output.WriteLine($"Figure: real cluster: {what}, through two nodes: {Megabytes * 1.048576 / result.Elapsed.TotalSeconds:f0} MB/s ({Megabytes} MiB, login included)");
        }
    }

    private static string Batch(string line)
    {
        string file = Path.Combine(ScratchDirectory.New("sftp"), "batch");
        File.WriteAllText(file, $"{line}\n");
        return file;
    }

    /// <summary>A client by the node port of a proxy's node, and the session whose pod is on the other node.</summary>
    private async Task<(SshClient Client, string Session)> ThroughTwoNodesAsync()
    {
        string node = (await cluster.PodsAsync(GatewayCluster.Proxies))[0].At("spec.nodeName").GetString()!;
        JsonElement service = await cluster.GetAsync("service", "ssh-gateway", GatewayCluster.Gateway);
        SshClient client = await cluster.ConnectToAsync(ClusterNodes.AddressOf(node), service.At("spec.ports")[0].GetProperty("nodePort").GetInt32());
        return (client, GatewayCluster.SessionOn(node == ClusterNodes.First ? ClusterNodes.Second : ClusterNodes.First));
    }

    private delegate Task<CommandResult> Transfer(Func<string, IReadOnlyList<string>, Task<CommandResult>> run, IReadOnlyList<string> session, string local);
}
