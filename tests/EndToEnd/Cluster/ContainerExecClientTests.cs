using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>Programs other than ssh and scp in a pod without sshd.</summary>
[Collection(ClusterGroup.Name)]
[Trait("Category", "Long")]
public sealed class ContainerExecClientTests(GatewayCluster cluster) : IAsyncLifetime
{
    private const string Session = "exec-clients";

    public Task InitializeAsync() => ClusterFactAttribute.Problem is null ? cluster.CreateExecSessionAsync(Session) : Task.CompletedTask;

    public Task DisposeAsync() => ClusterFactAttribute.Problem is null ? cluster.DeleteExecSessionAsync(Session) : Task.CompletedTask;

    [ClusterFact]
    public async Task Rsync()
    {
        string directory = ScratchDirectory.New("exec-rsync");
        string file = Path.Combine(directory, "file");
        byte[] bytes = new byte[3_000_000];
        new Random(3).NextBytes(bytes);
        await File.WriteAllBytesAsync(file, bytes);
        string shell = cluster.Ssh.CommandLine(Session);
        CommandResult up = await cluster.Ssh.RunProgramAsync("rsync", ["-e", shell, file, $"{SshClient.Host}:/tmp/by-rsync"]);
        Assert.True(up.Succeeded, up.ToString());
        CommandResult down = await cluster.Ssh.RunProgramAsync("rsync", ["-e", shell, $"{SshClient.Host}:/tmp/by-rsync", $"{file}.back"]);
        Assert.True(down.Succeeded, down.ToString());
        Assert.Equal(bytes, await File.ReadAllBytesAsync($"{file}.back"));
    }

    [ClusterFact]
    public async Task Paramiko()
    {
        CommandResult result = await PythonAsync("""
            import paramiko
            client = paramiko.SSHClient(); client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
            client.connect(host, port, session, key_filename=key, allow_agent=False, look_for_keys=False)
            for i in range(3):
                stdin, stdout, stderr = client.exec_command("echo out; echo err >&2; exit %d" % i)
                print(stdout.read(), stderr.read(), stdout.channel.recv_exit_status())
            sftp = client.open_sftp()
            with sftp.open("/tmp/by-paramiko", "w") as f: f.write("x" * 1000000)
            print(sftp.stat("/tmp/by-paramiko").st_size)
            client.close()
            """);
        Assert.Equal([.. Enumerable.Range(0, 3).Select(i => $"b'out\\n' b'err\\n' {i}"), "1000000"], result.Text.TrimEnd().Split('\n'));
    }

    [ClusterFact]
    public async Task Asyncssh()
    {
        CommandResult result = await PythonAsync("""
            import asyncio, asyncssh
            async def main():
                async with asyncssh.connect(host, port, username=session, client_keys=[key], known_hosts=None, config=None, agent_path=None) as connection:
                    done = await asyncio.gather(*(connection.run("echo out; echo err >&2; exit %d" % i) for i in range(3)))
                    for one in done: print(repr(one.stdout), repr(one.stderr), one.exit_status)
                    terminal = await connection.create_process("stty size; read x; exit 7", term_type="xterm", term_size=(132, 50))
                    print((await terminal.stdout.readline()).strip())
                    terminal.stdin.write("x\n")
                    await terminal.wait()
                    print(terminal.exit_status)
                    async with connection.start_sftp_client() as sftp:
                        async with sftp.open("/tmp/by-asyncssh", "wb") as f: await f.write(b"x" * 1000000)
                        print(await sftp.getsize("/tmp/by-asyncssh"))
            asyncio.run(main())
            """);
        Assert.Equal([.. Enumerable.Range(0, 3).Select(i => $"'out\\n' 'err\\n' {i}"), "50 132", "7", "1000000"], result.Text.TrimEnd().Split('\n'));
    }

    // As VS Code does it: a script on a shell's input starts a server, and the editor reaches it through SOCKS.
    [ClusterFact]
    public async Task A_server_that_a_shells_input_starts_is_reached_through_a_dynamic_forward()
    {
        const int Socks = 18300;
        const int InPod = 8300;
        string script = Path.Combine(ScratchDirectory.New("exec-editor"), "script");
        await File.WriteAllTextAsync(
            script,
            $@"while :; do printf 'HTTP/1.0 200 OK\r\n\r\nserver of %s' ""$(uname -s)"" | nc -N -l 127.0.0.1 {InPod} >/dev/null; done &
            echo started
            ");
        string ssh = $"{cluster.Ssh.CommandLine(Session)} -T -D 127.0.0.1:{Socks} {SshClient.Host} bash";
        CommandResult result = await cluster.Nodes.RunOnClientAsync(
            "bash",
            ["-c", $"{ssh} <{script} & for i in $(seq 60); do curl -sf --max-time 5 --socks5-hostname 127.0.0.1:{Socks} http://127.0.0.1:{InPod}/ && break; sleep 0.5; done; kill %1"]);
        Assert.Contains("server of Linux", result.Text, StringComparison.Ordinal);
    }

    private async Task<CommandResult> PythonAsync(string script)
    {
        string head = $"import sys, warnings\nwarnings.filterwarnings('ignore')\nhost, port, session, key = '{GatewayCluster.BalancerAddress}', {GatewayCluster.Port}, '{Session}', '{cluster.Alice.PrivateFile}'\n";
        CommandResult result = await cluster.Nodes.RunOnClientAsync("/usr/bin/python3", ["-W", "ignore", "-c", head + script]);
        Assert.True(result.Succeeded, result.ToString());
        return result;
    }
}
