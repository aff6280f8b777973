using System.Net;
using System.Net.Sockets;
using SshGateway.Exec.Channels;
using SshGateway.Exec.Connections;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Exec;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd.ExecRelays;

/// <summary>What a session without sshd cannot do: each with a sentence, and never with status 0.</summary>
[Collection(OwnRelayTests.Name)]
public sealed class RelayRefusalTests : IAsyncLifetime
{
    private const string Id = InProcessRelay.SessionId;

    private readonly InProcessRelay _relay = new();

    public Task InitializeAsync() => _relay.InitializeAsync();

    public Task DisposeAsync() => _relay.DisposeAsync();

    [RealSshFact]
    public async Task A_certificate_of_another_session_does_not_log_in()
    {
        SshClient other = _relay.CreateClient(await _relay.CertifyAsync("other", "other"));
        CommandResult result = await other.RunAsync(Id, "true");
        Assert.Equal(255, result.ExitCode);
        Assert.Contains("Permission denied (publickey)", result.ErrorText, StringComparison.Ordinal);
        CommandResult unknown = await other.RunAsync("nobody", "true");
        Assert.Equal(result.ErrorText.Replace(Id, "nobody", StringComparison.Ordinal), unknown.ErrorText);
    }

    [RealSshFact]
    public async Task Another_pod_of_the_same_name_runs_nothing()
    {
        _relay.Api.AddPod("agents", "pod-1", "uid-2", InProcessRelay.Container);
        await AssertFailsAsync("touch never", "");
    }

    [RealSshFact]
    public async Task A_pod_that_is_gone_runs_nothing()
    {
        _relay.Api.RemovePod("agents", "pod-1");
        await AssertFailsAsync("true", "");
    }

    [RealSshFact]
    public async Task A_container_that_is_not_there_runs_nothing()
    {
        _relay.Table.Upsert(InProcessRelay.Session with { Container = "nowhere" });
        await AssertFailsAsync("true", "nowhere");
    }

    [RealSshFact]
    public async Task A_relay_without_permission_says_so()
    {
        _relay.Api.Refusal = (HttpStatusCode.Forbidden, "Forbidden", "pods \"pod-1\" is forbidden: cannot create resource \"pods/exec\"");
        await AssertFailsAsync("true", "");
    }

    [RealSshFact]
    public async Task A_shell_that_is_not_there_is_named()
    {
        _relay.Table.Upsert(InProcessRelay.Session with { Shell = "/nowhere/zsh" });
        CommandResult result = await _relay.Client.RunAsync(Id, "true");
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("/nowhere/zsh", result.ErrorText, StringComparison.Ordinal);
    }

    [RealSshFact("sftp")]
    public async Task An_sftp_server_that_is_not_there_is_named()
    {
        _relay.Table.Upsert(InProcessRelay.Session with { SftpServer = "/nowhere/sftp-server" });
        CommandResult result = await _relay.Client.RunProgramAsync("sftp", [.. _relay.Client.Arguments(Id), "-b", "/dev/null", SshClient.Host]);
        Assert.False(result.Succeeded);
        Assert.Contains("spec.exec.sftpServer names /nowhere/sftp-server.", result.ErrorText, StringComparison.Ordinal);
    }

    [RealSshFact]
    public async Task A_stream_that_is_lost_is_no_success()
    {
        Task<CommandResult> running = _relay.Client.RunAsync(Id, "echo started; sleep 60");
        await Eventually.TrueAsync(() => _relay.Api.Streams > 0, "nothing runs");
        _relay.Api.DropStreams();
        CommandResult result = await running;
        Assert.Equal(255, result.ExitCode);
        Assert.NotEmpty(result.ErrorText);
        // The connection of a client that has others is none the worse for it.
        Assert.Equal(0, (await _relay.Client.RunAsync(Id, "true")).ExitCode);
    }

    [RealSshTheory]
    [InlineData("no", "echo started; sleep 60", "The command ended with the status 255, or the connection to its node was lost.")]
    [InlineData("force", "echo started; sleep 60", "The connection to the pod was lost before the command ended.")]
    public async Task A_node_that_is_lost_is_no_success(string terminal, string command, string sentence)
    {
        await using Daemon ssh = _relay.Client.With($"RequestTTY={terminal}").Start(Id, [], command);
        await ssh.WaitForLineAsync("started");
        _relay.Api.LoseNode();
        await Eventually.TrueAsync(() => ssh.HasExited, "ssh does not end");
        Assert.Equal(255, ssh.ExitCode);
        Assert.Contains(sentence, ssh.Output, StringComparison.Ordinal);
    }

    [RealSshTheory]
    [InlineData("exit 255", 255)]
    [InlineData("exit 254", 254)]
    [InlineData("exit 0", 0)]
    public async Task Each_exit_status_arrives(string command, int status) => Assert.Equal(status, (await _relay.Client.RunAsync(Id, command)).ExitCode);

    [RealSshFact]
    public async Task A_client_that_leaves_ends_its_streams()
    {
        Daemon client = _relay.Client.Start(Id, [], "sleep 100");
        await Eventually.TrueAsync(() => _relay.Api.Streams == 1, "nothing runs");
        await client.DisposeAsync();
        await Eventually.TrueAsync(() => _relay.Api.Streams == 0, "the stream stays");
        await Eventually.TrueAsync(() => _relay.Connections.Count == 0, "the connection stays");
    }

    // Before Kubernetes 1.30.
    [RealSshFact]
    public async Task With_v4_a_command_ends_by_itself_and_its_input_stays_open()
    {
        _relay.Api.OnlyV4 = true;
        CommandResult result = await _relay.Client.RunAsync(Id, "read line; echo \"$line\"; exit 3", "one line\n"u8.ToArray());
        Assert.Equal("one line\n", result.Text);
        Assert.Equal(3, result.ExitCode);
        Assert.Contains(_relay.Log.Lines, line => line.Contains("v4", StringComparison.Ordinal));
    }

    // sftp-server reads to the end of its input.
    [RealSshFact("sftp", "scp")]
    public async Task With_v4_sftp_and_scp_end()
    {
        _relay.Api.OnlyV4 = true;
        string directory = ScratchDirectory.New("v4-files");
        string file = Path.Combine(directory, "sent");
        await File.WriteAllBytesAsync(file, new byte[1024 * 1024]);
        CommandResult scp = await _relay.Client.RunProgramAsync("scp", [.. _relay.Client.Arguments(Id), file, $"{SshClient.Host}:{directory}/copy"]);
        Assert.True(scp.Succeeded, scp.ToString());
        Assert.Equal(1024 * 1024, new FileInfo(Path.Combine(directory, "copy")).Length);
        CommandResult sftp = await _relay.Client.RunProgramAsync("sftp", [.. _relay.Client.Arguments(Id), "-b", "-", SshClient.Host], System.Text.Encoding.UTF8.GetBytes($"ls {directory}\n"));
        Assert.True(sftp.Succeeded, sftp.ToString());
        await Eventually.TrueAsync(() => _relay.Api.Streams == 0, "a stream stays");
    }

    [RealSshFact]
    public async Task A_session_that_changes_its_pod_opens_no_more_channels()
    {
        string control = Path.Combine(ScratchDirectory.New("relay-mux"), "c");
        SshClient client = _relay.Client.With($"ControlPath={control}");
        await using Daemon master = client.Start(Id, ["-M", "-N"]);
        await RelaySessionTests.WaitForMasterAsync(client);
        Assert.True((await client.RunAsync(Id, "true")).Succeeded);
        _relay.Table.Upsert(InProcessRelay.Session with { PodUid = "uid-2" });
        // The master shows the sentence, and the client falls back to a connection of its own.
        await client.RunAsync(Id, "true");
        Assert.Contains("was replaced", master.Output, StringComparison.Ordinal);
    }

    [RealSshFact]
    public async Task Ports_of_the_pod_are_forwarded_and_others_are_not()
    {
        using var target = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        target.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        target.Listen();
        await using EchoServer server = new(target);
        int port = ((IPEndPoint)target.LocalEndPoint!).Port;
        (string Host, int Local)[] forwards = [.. ((string[])["localhost", "127.0.0.1", "[::1]", "10.1.2.3", "pod-1"]).Select(host => (host, Loopback.FreePort()))];
        await using Daemon ssh = _relay.Client.Start(Id, ["-N", .. forwards.Select(forward => $"-L127.0.0.1:{forward.Local}:{forward.Host}:{port}")]);
        foreach ((_, int local) in forwards)
        {
            await Eventually.TrueAsync(() => TcpTable.IsListening(new IPEndPoint(IPAddress.Loopback, local), ssh.Id), "ssh does not listen");
            await EchoAsync(local);
        }
        CommandResult refused = await _relay.Client.RunProgramAsync("ssh", [.. _relay.Client.Arguments(Id), "-W", $"10.9.9.9:{port}", SshClient.Host]);
        Assert.Equal(255, refused.ExitCode);
        Assert.Contains("Ports of this session's pod alone", refused.ErrorText, StringComparison.Ordinal);
    }

    [RealSshFact]
    public async Task A_local_forward_carries_many_connections()
    {
        using var target = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        target.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        target.Listen(64);
        await using EchoServer server = new(target);
        int local = Loopback.FreePort();
        await using Daemon ssh = _relay.Client.Start(Id, ["-N", $"-L127.0.0.1:{local}:localhost:{((IPEndPoint)target.LocalEndPoint!).Port}", "-o", "ExitOnForwardFailure=yes"]);
        await Eventually.TrueAsync(() => TcpTable.IsListening(new IPEndPoint(IPAddress.Loopback, local), ssh.Id), "ssh does not listen");
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => EchoAsync(local)));
        // More than there may be channels: those that are over make room when half of them are taken.
        for (int i = 0; i < 120; i++)
        {
            await Eventually.TrueAsync(() => _relay.Api.Streams < 80, "connections that are over stay");
            await EchoAsync(local, bytes: 100);
        }
    }

    [RealSshFact]
    public async Task What_needs_a_listener_in_the_pod_is_refused_and_the_session_goes_on()
    {
        CommandResult remote = await _relay.Client.RunAsync(Id, "echo on", null, null, "-R", "0:localhost:1", "-A");
        Assert.True(remote.Succeeded, remote.ToString());
        Assert.Equal("on\n", remote.Text);
        Assert.Contains("remote port forwarding failed", remote.ErrorText, StringComparison.Ordinal);
    }

    [RealSshFact]
    public async Task A_relay_that_stops_tells_its_clients()
    {
        await using Daemon client = _relay.Client.Start(Id, [], "sleep 100");
        await Eventually.TrueAsync(() => _relay.Api.Streams == 1, "nothing runs");
        await _relay.Connections.StopAsync("This relay is shutting down. Connect again.");
        await client.WaitForLineAsync("shutting down");
        await Eventually.TrueAsync(() => _relay.Api.Streams == 0, "the stream stays");
    }

    [RealSshFact]
    public async Task There_are_as_many_connections_as_may_be_and_no_more()
    {
        var small = new InProcessRelay(new ConnectionLimits(TimeSpan.FromSeconds(60), 1, new ChannelLimits(10)));
        await small.InitializeAsync();
        Daemon first = small.Client.Start(Id, [], "sleep 100");
        await Eventually.TrueAsync(() => small.Api.Streams == 1, "nothing runs");
        CommandResult second = await small.Client.RunAsync(Id, "true");
        Assert.Equal(255, second.ExitCode);
        await Eventually.TrueAsync(
            () => small.Log.Lines.Any(line => line.Contains("1 are open, the maximum (Exec:MaxConnections)", StringComparison.Ordinal)), "the log does not say so");
        await first.DisposeAsync();
        await small.DisposeAsync();
    }

    [RealSshFact]
    public async Task A_client_that_does_not_log_in_is_told_that_it_took_too_long()
    {
        var impatient = new InProcessRelay(new ConnectionLimits(TimeSpan.FromMilliseconds(300), 10, new ChannelLimits(10)));
        await impatient.InitializeAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(impatient.Address);
        using var reader = new StreamReader(client.GetStream(), System.Text.Encoding.Latin1);
        Assert.Contains("The login took too long.", await reader.ReadToEndAsync(), StringComparison.Ordinal);
        await Eventually.TrueAsync(() => impatient.Log.Lines.Any(line => line.Contains(nameof(ConnectionEnd.LoginTimeout), StringComparison.Ordinal)), "the log does not say so");
        await impatient.DisposeAsync();
    }

    private async Task AssertFailsAsync(string command, string words)
    {
        CommandResult result = await _relay.Client.RunAsync(Id, command);
        Assert.Equal(255, result.ExitCode);
        Assert.Empty(result.Text);
        // One sentence of the relay's, and nothing of ssh's.
        Assert.Matches(@"^[A-Z][^\n]*\.\n$", result.ErrorText);
        Assert.Contains(words, result.ErrorText, StringComparison.Ordinal);
        Assert.Equal(0, _relay.Api.Streams);
    }

    private static async Task EchoAsync(int port, int bytes = 100_000)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        byte[] sent = new byte[bytes];
        Random.Shared.NextBytes(sent);
        NetworkStream stream = client.GetStream();
        Task sending = stream.WriteAsync(sent).AsTask();
        byte[] received = new byte[sent.Length];
        await stream.ReadExactlyAsync(received);
        await sending;
        Assert.Equal(sent, received);
    }
}
