using System.Security.Cryptography;
using SshGateway.Tests.Support.Exec;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd.ExecRelays;

/// <summary>What stock clients do in a session whose pod has no sshd.</summary>
[Collection(OwnRelayTests.Name)]
public sealed class RelaySessionTests(InProcessRelay relay) : IClassFixture<InProcessRelay>
{
    private const string Id = InProcessRelay.SessionId;

    private static readonly int[] Sizes = [0, 1, 20_000_000];

    [RealSshFact]
    public async Task A_command_has_its_output_its_errors_and_its_status()
    {
        CommandResult result = await relay.Client.RunAsync(Id, "echo out; echo err >&2; exit 42");
        Assert.Equal("out\n", result.Text);
        Assert.Equal("err\n", result.ErrorText);
        Assert.Equal(42, result.ExitCode);
        Assert.Contains(relay.Log.Lines, line => line.Contains("started exec of session abc12 in pod agents/pod-1, container agent", StringComparison.Ordinal));
        await Eventually.TrueAsync(
            () => relay.Log.Lines.Any(line => line.Contains("exec of session abc12 ended with exit status 42", StringComparison.Ordinal)), "the log does not say how it ended");
        Assert.DoesNotContain(relay.Log.Lines, line => line.Contains("exit 42", StringComparison.Ordinal));
    }

    [RealSshFact]
    public async Task A_command_that_reads_to_the_end_of_its_input_ends()
    {
        foreach (int size in Sizes)
        {
            byte[] input = RandomNumberGenerator.GetBytes(size);
            CommandResult result = await relay.Client.RunAsync(Id, "sha256sum", input);
            Assert.True(result.Succeeded, result.ErrorText);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(input)), result.Text.Split(' ')[0]);
        }
    }

    [RealSshFact]
    public async Task What_goes_in_comes_out()
    {
        byte[] input = RandomNumberGenerator.GetBytes(20_000_000);
        CommandResult result = await relay.Client.RunAsync(Id, "cat", input);
        Assert.True(result.Succeeded, result.ErrorText);
        Assert.Equal(SHA256.HashData(input), SHA256.HashData(result.Stdout));
    }

    [RealSshFact]
    public async Task Data_goes_on_through_key_exchanges()
    {
        byte[] input = RandomNumberGenerator.GetBytes(4_000_000);
        CommandResult result = await relay.Client.With("RekeyLimit=64K").RunAsync(Id, "cat", input);
        Assert.True(result.Succeeded, result.ErrorText);
        Assert.Equal(SHA256.HashData(input), SHA256.HashData(result.Stdout));
    }

    [RealSshFact]
    public async Task A_client_that_stops_reading_does_not_fill_the_relay_and_ends_the_command()
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        // The command writes without end; head closes its side after a while, and ssh ends (eow@openssh.com).
        CommandResult result = await Command.ShellAsync(
            $"{relay.Client.CommandLine(Id)} {SshClient.Host} 'dd if=/dev/zero bs=1M 2>/dev/null' | {{ read -t 2 -N 1; sleep 2; head -c 1000000 | wc -c; }}");
        Assert.Equal("1000000\n", result.Text);
        // Of a command that SIGPIPE ended.
        Assert.Equal((false, 141), (result.TimedOut, result.ExitCode));
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 20_000_000);
    }

    [RealSshFact("setsid", "stty")]
    public async Task A_login_shell_has_a_terminal_that_follows_the_windows_size()
    {
        await using Pty terminal = Pty.Start(24, 80, $"{relay.Client.CommandLine(Id)} {SshClient.Host}");
        terminal.Type("shopt -q login_shell && echo log\"\"in term=$TERM shell=$SHELL\n");
        await terminal.WaitForAsync("login term=xterm shell=/bin/bash");
        terminal.Type("trap 'echo size=$(stty size)' WINCH; echo size=$(stty size)\n");
        await terminal.WaitForAsync("size=24 80");
        terminal.Resize(50, 132);
        terminal.Type("sleep 5 & wait\n");
        await terminal.WaitForAsync("size=50 132");
        terminal.Type("exit 9\n");
        Assert.Equal(9, await terminal.WaitForExitAsync());
    }

    [RealSshFact("setsid")]
    public async Task The_end_of_its_input_does_not_end_the_output_of_a_terminal()
    {
        // The output comes after the end of the input.
        CommandResult result = await relay.Client.With("RequestTTY=force").RunAsync(Id, "sleep 0.3; tty; exit 5");
        Assert.True(result.ExitCode == 5, $"{result}");
        Assert.StartsWith("/dev/pts/", result.Text, StringComparison.Ordinal);
    }

    [RealSshFact("setsid")]
    public async Task The_interrupt_key_reaches_the_foreground_command()
    {
        await using Pty terminal = Pty.Start(24, 80, $"{relay.Client.CommandLine(Id)} {SshClient.Host}");
        terminal.Type("sh -c 'echo st\"\"arted; exec sleep 100'\n");
        await terminal.WaitForAsync("started");
        terminal.Type("\u0003");
        await terminal.WaitForAsync("^C");
        terminal.Type("echo status=$?; exit 0\n");
        await terminal.WaitForAsync("status=130");
        Assert.Equal(0, await terminal.WaitForExitAsync());
    }

    [RealSshFact]
    public async Task Accepted_variables_are_set_and_others_are_not()
    {
        SshClient client = relay.Client.With("SetEnv=LC_TEST='a b' GIT_AUTHOR_NAME=x FOO=bar");
        CommandResult result = await client.RunAsync(Id, "echo \"$LC_TEST|$GIT_AUTHOR_NAME|$FOO|$TERM\"");
        Assert.Matches(@"^a b\|x\|\|[^|]*\n$", result.Text);
    }

    [RealSshFact("sftp")]
    public async Task Files_are_copied_by_sftp_and_by_scp_in_both_ways()
    {
        string directory = ScratchDirectory.New("relay-files");
        string local = Path.Combine(directory, "local");
        byte[] content = RandomNumberGenerator.GetBytes(3_000_000);
        await File.WriteAllBytesAsync(local, content);
        foreach (string[] flags in new string[][] { [], ["-O"] })
        {
            string remote = Path.Combine(directory, $"remote{flags.Length}");
            CommandResult put = await relay.Client.CopyAsync(Id, flags, local, $"{SshClient.Host}:{remote}");
            Assert.True(put.Succeeded, put.ToString());
            CommandResult get = await relay.Client.CopyAsync(Id, flags, $"{SshClient.Host}:{remote}", remote + ".back");
            Assert.True(get.Succeeded, get.ToString());
            Assert.Equal(content, await File.ReadAllBytesAsync(remote + ".back"));
        }
        CommandResult listed = await relay.Client.RunProgramAsync("sftp", [.. relay.Client.Arguments(Id), "-b", "-", SshClient.Host], "ls -1 "u8.ToArray().Concat(System.Text.Encoding.UTF8.GetBytes(directory + "\n")).ToArray());
        Assert.True(listed.Succeeded, listed.ToString());
        Assert.Contains("remote1.back", listed.Text, StringComparison.Ordinal);
    }

    [RealSshFact]
    public async Task One_connection_carries_ten_sessions()
    {
        string control = Path.Combine(ScratchDirectory.New("relay-mux"), "c");
        SshClient client = relay.Client.With($"ControlPath={control}");
        await using Daemon master = client.Start(Id, ["-M", "-N"]);
        await WaitForMasterAsync(client);
        int before = relay.Connections.Count;
        CommandResult[] results = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => client.RunAsync(Id, $"sleep 1; cat; exit {i}", System.Text.Encoding.UTF8.GetBytes($"session {i}"))));
        for (int i = 0; i < results.Length; i++)
        {
            Assert.Equal($"session {i}", results[i].Text);
            Assert.Equal(i, results[i].ExitCode);
        }
        Assert.Equal(before, relay.Connections.Count);
    }

    [RealSshFact("/usr/bin/python3")]
    public async Task Paramiko_runs_commands_and_copies_files()
    {
        string file = Path.Combine(ScratchDirectory.New("relay-paramiko"), "file");
        CommandResult result = await PythonAsync(
            """
            import paramiko, sys, os
            key = paramiko.Ed25519Key.from_private_key_file(sys.argv[3]); key.load_certificate(sys.argv[3] + "-cert.pub")
            client = paramiko.SSHClient(); client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
            client.connect(sys.argv[1], int(sys.argv[2]), "abc12", pkey=key, allow_agent=False, look_for_keys=False)
            channels = [client.exec_command("cat; echo err >&2; exit %d" % i) for i in range(5)]
            for i, (stdin, stdout, stderr) in enumerate(channels):
                stdin.write("hello"); stdin.channel.shutdown_write()
                print(stdout.read(), stderr.read(), stdout.channel.recv_exit_status())
            sftp = client.open_sftp()
            with sftp.open(sys.argv[4], "w") as f: f.write("x" * 1000000)
            print(sftp.stat(sys.argv[4]).st_size)
            client.close()
            """,
            file);
        Assert.Equal([.. Enumerable.Range(0, 5).Select(i => $"b'hello' b'err\\n' {i}"), "1000000"], result.Text.TrimEnd().Split('\n'));
    }

    // OpenSSH sends no signals.
    [RealSshFact("/usr/bin/python3")]
    public async Task Signals_reach_a_process_with_a_terminal_and_no_other_one()
    {
        CommandResult result = await PythonAsync(
            """
            import asyncio, sys, warnings
            warnings.filterwarnings("ignore")
            import asyncssh
            async def main():
                async with asyncssh.connect(sys.argv[1], int(sys.argv[2]), username="abc12", client_keys=[sys.argv[3]], known_hosts=None, config=None, agent_path=None) as connection:
                    for signal in ["INT", "QUIT", "TERM"]:
                        process = await connection.create_process("trap 'echo got INT; exit 5' INT; trap 'echo got QUIT; exit 6' QUIT; echo ready; while :; do sleep 0.1; done", term_type="xterm")
                        await process.stdout.readuntil("ready")
                        process.send_signal(signal)
                        await process.wait()
                        print(signal, process.exit_status)
                    process = await connection.create_process("trap 'exit 5' INT; echo ready; read x; exit 7")
                    await process.stdout.readuntil("ready")
                    process.send_signal("INT")
                    process.stdin.write("x\n")
                    await process.wait()
                    print("no terminal", process.exit_status)
            asyncio.run(main())
            """);
        Assert.Equal("INT 5\nQUIT 6\nTERM 5\nno terminal 7\n", result.Text);
    }

    [RealSshFact]
    public async Task A_certificate_that_forces_a_command_runs_nothing_else()
    {
        SshClient client = relay.CreateClient(await relay.CertifyAsync("forced", Id, "-O", "force-command=echo \"forced: $SSH_ORIGINAL_COMMAND\""));
        Assert.Equal("forced: touch /tmp/x\n", (await client.RunAsync(Id, "touch /tmp/x")).Text);
        CommandResult sftp = await client.RunProgramAsync("sftp", [.. client.Arguments(Id), "-b", "/dev/null", SshClient.Host]);
        Assert.False(sftp.Succeeded);
    }

    [RealSshFact("setsid")]
    public async Task A_certificate_without_permissions_gets_no_terminal_and_no_ports()
    {
        SshClient client = relay.CreateClient(await relay.CertifyAsync("clear", Id, "-O", "clear"));
        CommandResult terminal = await client.RunAsync(Id, "tty", null, null, "-tt");
        Assert.Contains("PTY allocation request failed", terminal.ErrorText, StringComparison.Ordinal);
        CommandResult port = await client.RunProgramAsync("ssh", [.. client.Arguments(Id), "-W", "localhost:22", SshClient.Host]);
        Assert.Contains("does not permit port forwarding", port.ErrorText, StringComparison.Ordinal);
    }

    internal static Task WaitForMasterAsync(SshClient client) => SshGateway.Tests.Support.Eventually.TrueAsync(
        async () => (await client.RunProgramAsync("ssh", [.. client.Arguments(Id), "-O", "check", SshClient.Host])).Succeeded, "the master does not answer");

    private async Task<CommandResult> PythonAsync(string script, params string[] arguments)
    {
        CommandResult result = await Command.RunAsync(
            "/usr/bin/python3", ["-W", "ignore", "-c", script, $"{relay.Address.Address}", $"{relay.Address.Port}", relay.Identity.PrivateFile, .. arguments]);
        Assert.True(result.Succeeded, result.ToString());
        return result;
    }
}
