using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>
/// Stock programs in pods without sshd, through the exec relay with exactly the role of deploy/, and the API server and
/// kubelet 1.20. Those speak v4, so a command's input does not end: no command here reads its input to the end.
/// </summary>
[Collection(ClusterGroup.Name)]
[Trait("Category", "Long")]
public sealed class ContainerExecTests(GatewayCluster cluster) : IAsyncLifetime
{
    private const string Session = "no-sshd";
    private const int Megabytes = 20;

    public Task InitializeAsync() => ClusterFactAttribute.Problem is null ? cluster.CreateExecSessionAsync(Session) : Task.CompletedTask;

    public Task DisposeAsync() => ClusterFactAttribute.Problem is null ? cluster.DeleteExecSessionAsync(Session) : Task.CompletedTask;

    [ClusterFact]
    public async Task A_command_runs_in_the_container_with_its_exit_status_and_its_errors_apart()
    {
        CommandResult result = await cluster.Ssh.RunAsync(Session, "hostname; pwd; echo trouble >&2; exit 7");
        Assert.True(result.ExitCode == 7, result.ToString());
        Assert.Equal($"{ExecSessions.PodOf(Session)}\n/home/claude\n", result.Text);
        Assert.EndsWith("trouble\n", result.ErrorText, StringComparison.Ordinal);
        Assert.Equal("", (await cluster.Ssh.RunAsync(Session, "pgrep sshd; true")).Text);
    }

    [ClusterFact]
    public async Task A_shell_has_a_terminal_that_follows_the_windows_size()
    {
        string onClient = $"nsenter {string.Join(' ', cluster.Nodes.OnClient)}";
        await using Pty terminal = Pty.Start(24, 80, $"{onClient} {cluster.Ssh.CommandLine(Session)} {SshClient.Host}");
        terminal.Type("echo term=$TERM user=$(id -un)\n");
        await terminal.WaitForAsync("term=xterm user=claude");
        terminal.Type("trap 'echo size=$(stty size)' WINCH; echo size=$(stty size)\n");
        await terminal.WaitForAsync("size=24 80");
        terminal.Resize(50, 132);
        terminal.Type("sleep 5 & wait\n");
        await terminal.WaitForAsync("size=50 132");
        terminal.Type("exit 9\n");
        Assert.Equal(9, await terminal.WaitForExitAsync());
    }

    [ClusterFact]
    public async Task Twenty_megabytes_cross_in_each_direction()
    {
        byte[] sent = new byte[Megabytes * 1024 * 1024];
        new Random(Megabytes).NextBytes(sent);
        string sum = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(sent));
        CommandResult up = await cluster.Ssh.RunAsync(Session, $"head -c {sent.Length} >/tmp/kept; sha256sum </tmp/kept", sent);
        Assert.True(up.Succeeded, up.ToString());
        Assert.Equal($"{sum}  -\n", up.Text);
        CommandResult down = await cluster.Ssh.RunAsync(Session, "cat /tmp/kept");
        Assert.True(down.Succeeded, down.ErrorText);
        Assert.True(sent.AsSpan().SequenceEqual(down.Stdout), $"{down.Stdout.Length} bytes");
    }

    // The command itself runs on: so it did with containerd 1.6.
    [ClusterFact]
    public async Task A_login_ends_when_nobody_reads_its_output()
    {
        CommandResult result = await cluster.Ssh.RunProgramAsync("bash", ["-c", $"{cluster.Ssh.CommandLine(Session)} {SshClient.Host} yes | head -n 1"]);
        Assert.True(result.Succeeded, result.ToString());
        Assert.Equal("y\n", result.Text);
        await cluster.Ssh.RunAsync(Session, "pkill -x yes");
    }

    [ClusterFact]
    public async Task Scp_and_sftp_use_the_containers_sftp_server()
    {
        string directory = ScratchDirectory.New("exec-transfer");
        (string sent, string back) = (Path.Combine(directory, "sent"), Path.Combine(directory, "back"));
        byte[] bytes = new byte[1024 * 1024];
        new Random(1).NextBytes(bytes);
        await File.WriteAllBytesAsync(sent, bytes);
        CommandResult scp = await cluster.Ssh.RunProgramAsync("scp", [.. cluster.Ssh.Arguments(Session), sent, $"{SshClient.Host}:/tmp/by-scp"]);
        Assert.True(scp.Succeeded, scp.ToString());
        string batch = Path.Combine(directory, "batch");
        await File.WriteAllTextAsync(batch, $"get /tmp/by-scp {back}\n");
        CommandResult sftp = await cluster.Ssh.RunProgramAsync("sftp", [.. cluster.Ssh.Arguments(Session), "-b", batch, SshClient.Host]);
        Assert.True(sftp.Succeeded, sftp.ToString());
        Assert.Equal(bytes, await File.ReadAllBytesAsync(back));
    }

    [ClusterFact]
    public async Task Without_an_sftp_server_scp_says_what_is_missing()
    {
        const string Without = "no-sftp";
        await cluster.CreateExecSessionAsync(Without, $"container: {ExecSessions.Bare}");
        try
        {
            CommandResult scp = await cluster.Ssh.RunProgramAsync("scp", [.. cluster.Ssh.Arguments(Without), "/etc/hostname", $"{SshClient.Host}:/tmp/x"]);
            Assert.False(scp.Succeeded, scp.ToString());
            Assert.Contains("sftp-server", scp.ErrorText, StringComparison.Ordinal);
        }
        finally
        {
            await cluster.DeleteExecSessionAsync(Without);
        }
    }

    [ClusterFact]
    public async Task A_forwarded_port_leads_into_the_pod_and_one_without_a_listener_is_closed()
    {
        const int Local = 18100;
        const int InPod = 8100;
        await using Daemon forward = cluster.Ssh.Start(
            Session,
            ["-o", "ExitOnForwardFailure=yes", "-L", $"127.0.0.1:{Local}:127.0.0.1:{InPod}", "-L", $"127.0.0.1:{Local + 1}:127.0.0.1:{InPod + 1}"],
            $"head -c 20M /dev/urandom >/tmp/served; sha256sum /tmp/served; while :; do nc -N -l 127.0.0.1 {InPod} </tmp/served; done");
        await forward.WaitForLineAsync("  /tmp/served");
        string sum = forward.Output.Split('\n').Single(line => line.EndsWith("  /tmp/served", StringComparison.Ordinal)).Split(' ')[0];
        string received = "";
        await Eventually.TrueAsync(
            async () => (received = (await ReadAsync(Local)).Split(' ')[0]) == sum, () => $"{sum} was sent, {received} came; {forward.Output}");
        // The sum of nothing.
        Assert.StartsWith("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", await ReadAsync(Local + 1), StringComparison.Ordinal);

        async Task<string> ReadAsync(int port) =>
            (await cluster.Ssh.RunProgramAsync("bash", ["-c", $"exec 3<>/dev/tcp/127.0.0.1/{port}; sha256sum <&3"])).Text;
    }

    [ClusterFact]
    public async Task Ten_channels_share_a_connection()
    {
        (SshClient shared, Daemon master) = await cluster.StartMasterAsync(Session);
        await using (master)
        {
            CommandResult[] results = await Task.WhenAll(Enumerable.Range(1, 10).Select(i => shared.RunAsync(Session, $"head -c {i}000000 /dev/zero | wc -c; exit {i}")));
            Assert.All(results.Select((result, i) => (result, i)), pair =>
            {
                Assert.True(pair.result.ExitCode == pair.i + 1, pair.result.ToString());
                Assert.Equal($"{pair.i + 1}000000\n", pair.result.Text);
            });
        }
    }

    // As VS Code does it: a script on the input of a shell, which ends by itself, and a SOCKS port beside it.
    [ClusterFact]
    public async Task A_script_on_the_input_of_a_shell_runs_beside_a_dynamic_forward()
    {
        CommandResult result = await cluster.Ssh.RunAsync(
            Session, "bash", System.Text.Encoding.ASCII.GetBytes("echo platform=$(uname -s)\nexit 4\n"), null, "-T", "-D", "127.0.0.1:18200");
        Assert.True(result.ExitCode == 4, result.ToString());
        Assert.Equal("platform=Linux\n", result.Text);
    }

    [ClusterFact]
    public async Task A_pod_that_is_deleted_ends_its_commands_with_an_error()
    {
        const string Ends = "pod-ends";
        await cluster.CreateExecSessionAsync(Ends);
        try
        {
            await using OpenSession open = await OpenSession.StartAsync(cluster.Ssh, Ends);
            string uid = (await cluster.GetAsync("pod", ExecSessions.PodOf(Ends), GatewayCluster.Sessions)).Uid();
            await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Sessions, "delete", "pod", ExecSessions.PodOf(Ends));
            await open.WaitForEndAsync();
            Assert.NotEqual(0, open.Ssh.ExitCode);

            // The next pod has the same name, and is another one.
            await cluster.CreateExecPodAsync(Ends);
            CommandResult? login = null;
            await Eventually.TrueAsync(
                async () => (login = await cluster.Ssh.RunAsync(Ends, "hostname", deadline: TimeSpan.FromSeconds(90))).Succeeded, () => $"{login}");
            Assert.NotEqual(uid, (await cluster.GetAsync("pod", ExecSessions.PodOf(Ends), GatewayCluster.Sessions)).Uid());
        }
        finally
        {
            await cluster.DeleteExecSessionAsync(Ends);
        }
    }

    [ClusterFact]
    public async Task An_API_server_that_ends_ends_commands_with_an_error_and_logins_work_when_it_is_back()
    {
        await using OpenSession open = await OpenSession.StartAsync(cluster.Ssh, Session);
        CommandResult killed = await cluster.Nodes.RunOnNodeAsync(ClusterNodes.First, "pkill -KILL -x kube-apiserver");
        Assert.True(killed.Succeeded, killed.ToString());
        await open.WaitForEndAsync();
        Assert.NotEqual(0, open.Ssh.ExitCode);
        CommandResult? login = null;
        await Eventually.TrueAsync(
            async () => (login = await cluster.Ssh.RunAsync(Session, "hostname", deadline: TimeSpan.FromSeconds(90))).Succeeded,
            TimeSpan.FromMinutes(2), () => $"{login}");
        await cluster.WaitUntilWholeAsync();
    }

    [ClusterFact]
    public async Task A_container_that_is_not_there_is_named()
    {
        const string Wrong = "no-container";
        await cluster.Nodes.ApplyAsync($$"""
            apiVersion: tars.cloudwalk.network/v1alpha1
            kind: ClaudeSession
            metadata: {name: {{Wrong}}, namespace: {{GatewayCluster.Sessions}} }
            spec:
              owner: {user: alice@example.com}
              backend: Exec
              exec: {container: nowhere}
              ssh: {authorizedKeys: ["{{cluster.Alice.PublicLine}}"]}
            """);
        await cluster.CreateExecPodAsync(Wrong);
        try
        {
            CommandResult? login = null;
            await Eventually.TrueAsync(
                async () => (login = await cluster.Ssh.RunAsync(Wrong, "true", deadline: TimeSpan.FromSeconds(90))).ErrorText.Contains($"The pod of session {Wrong} does not have the container", StringComparison.Ordinal),
                () => $"{login}");
            Assert.False(login!.Succeeded, login.ToString());
            Assert.Contains(
                "nowhere",
                await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Sessions, "get", "csess", Wrong, "-o", "jsonpath={.status.conditions[?(@.type==\"Ready\")].message}"),
                StringComparison.Ordinal);
        }
        finally
        {
            await cluster.DeleteExecSessionAsync(Wrong);
        }
    }

    [ClusterFact]
    public async Task Without_its_role_the_relay_says_what_it_may_not_do()
    {
        string[] bindings = (await cluster.Nodes.KubectlAsync(
            "-n", GatewayCluster.Sessions, "get", "rolebindings", "-o", "jsonpath={range .items[?(@.subjects[0].name==\"ssh-gateway-exec\")]}{.metadata.name}{\"\\n\"}{end}"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string binding = Assert.Single(bindings);
        string saved = await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Sessions, "get", "rolebinding", binding, "-o", "yaml");
        await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Sessions, "delete", "rolebinding", binding);
        try
        {
            CommandResult? refused = null;
            await Eventually.TrueAsync(async () => !(refused = await cluster.Ssh.RunAsync(Session, "true")).Succeeded, "the relay works without its role");
            Assert.Contains("The exec relay is not allowed to do this in the cluster", refused!.ErrorText, StringComparison.Ordinal);
        }
        finally
        {
            await cluster.Nodes.ApplyAsync(string.Join('\n', saved.Split('\n').Where(line => !line.Contains("resourceVersion:", StringComparison.Ordinal) && !line.Contains("uid:", StringComparison.Ordinal))));
        }
        CommandResult? login = null;
        await Eventually.TrueAsync(async () => (login = await cluster.Ssh.RunAsync(Session, "true")).Succeeded, () => $"{login}");
    }
}
