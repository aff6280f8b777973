using System.Net;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd.ExecRelays;

/// <summary>The exec relay as a process: logins, logs, metrics, shutdown, reloads, outages, limits.</summary>
[Collection(OwnRelayTests.Name)]
public sealed class RelayProcessTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [RealSshFact]
    public async Task A_command_runs_in_the_pod_with_its_exit_code_and_streams_and_leaves_lines_and_figures()
    {
        await using RelayRig rig = await RelayRig.StartAsync();

        CommandResult result = await rig.Client.RunWhenKnownAsync(RelayRig.Id, "cat; echo secret-word >&2; exit 7", "input"u8.ToArray());

        Assert.True(result.ExitCode == 7, $"{result}\n{rig.Logs}");
        Assert.Equal("input", result.Text);
        Assert.Contains("secret-word", result.ErrorText, StringComparison.Ordinal);
        Assert.Contains($"container={RelayRig.Container}", Assert.Single(rig.Api.Requests).Query, StringComparison.Ordinal);
        // Programs write their logs after what they log.
        await Eventually.TrueAsync(
            () => rig.Relay.Daemon.Output.Contains($"exec of session {RelayRig.Id} ended with exit status 7", StringComparison.Ordinal), Soon, () => rig.Logs);
        string log = rig.Relay.Daemon.Output;
        Assert.Contains($"started exec of session {RelayRig.Id} in pod claude/execpod, container {RelayRig.Container} (terminal: False, session={RelayRig.Id} ", log, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-word", log, StringComparison.Ordinal);
        await Eventually.TrueAsync(
            async () => await Scrape.OfAsync(rig.Relay.Http) is var metrics
                && metrics["sshgateway_exec_processes_total{kind=\"exec\",outcome=\"Ended\"}"] == 1
                && metrics["sshgateway_exec_connections_ended_total{end=\"Closed\"}"] == 1
                && metrics["sshgateway_exec_connections"] == 0
                && metrics["sshgateway_exec_table_entries"] == 1
                && metrics["sshgateway_exec_feed_in_step"] == 1,
            Soon,
            () => rig.Logs);
    }

    [RealSshFact]
    public async Task Commands_are_logged_where_the_options_say_so_and_failures_are_counted()
    {
        await using RelayRig rig = await RelayRig.StartAsync("--Exec:LogCommands=true");
        await rig.Relay.Daemon.WaitForLineAsync("Exec:LogCommands is on");
        rig.Api.Refusal = (HttpStatusCode.Forbidden, "Forbidden", "pods \"execpod\" is forbidden: no create on pods/exec");

        CommandResult refused = await rig.Client.RunWhenKnownAsync(RelayRig.Id, "true");

        Assert.True(refused.ExitCode == 255, $"{refused}\n{rig.Logs}");
        await rig.Relay.Daemon.WaitForLineAsync("failed (NotAllowed)");
        Assert.Equal(1, (await Scrape.OfAsync(rig.Relay.Http))["sshgateway_exec_api_failures_total{failure=\"NotAllowed\"}"]);

        rig.Api.Refusal = null;
        Assert.True((await rig.Client.RunAsync(RelayRig.Id, "echo visible-word")).Succeeded, rig.Logs);
        await rig.Relay.Daemon.WaitForLineAsync($"command of session {RelayRig.Id}: echo visible-word");
    }

    [RealSshTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_relay_that_is_told_to_end_lets_sessions_end_or_ends_them_when_their_time_is_over(bool inTime)
    {
        await using RelayRig rig = await RelayRig.StartAsync("--Exec:DrainDelay=00:00:01", $"--Exec:DrainTimeout=00:0{(inTime ? "5:00" : "0:03")}");
        Assert.True((await rig.Client.RunWhenKnownAsync(RelayRig.Id, "true")).Succeeded, rig.Logs);
        await using LineDialog session = LineDialog.Start(rig.Client, RelayRig.Id, "cat");
        Assert.Equal("one", await session.EchoAsync("one"));

        await rig.Relay.Daemon.TerminateAsync();

        await Eventually.TrueAsync(() => IsNotReadyAsync(rig.Relay, "the relay is ending"), Soon, () => rig.Logs);
        await rig.Relay.Daemon.WaitForLineAsync("The listener is closed; 1 connection may");
        CommandResult late = await rig.Client.RunAsync(RelayRig.Id, "true");
        Assert.Contains($"The exec relay of session {RelayRig.Id} cannot be reached", late.ErrorText, StringComparison.Ordinal);
        if (inTime)
        {
            Assert.Equal("two", await session.EchoAsync("two"));
            Assert.Equal(0, await session.FinishAsync());
        }
        else
        {
            await rig.Relay.Daemon.WaitForLineAsync("closed: Stopping");
            Assert.Equal(255, await session.FinishAsync());
        }
        await Eventually.TrueAsync(() => rig.Relay.Daemon.HasExited, Soon, () => rig.Logs);
        Assert.Equal(0, rig.Relay.Daemon.ExitCode);
    }

    [RealSshFact]
    public async Task SIGHUP_reloads_the_host_key_and_the_user_CA()
    {
        await using RelayRig rig = await RelayRig.StartAsync();
        Assert.True((await rig.Client.RunWhenKnownAsync(RelayRig.Id, "true")).Succeeded, rig.Logs);
        KeyPair next = await KeyPair.GenerateAsync(ScratchDirectory.New("relay-next"), "ssh_host_ed25519_key");

        File.Copy(next.PrivateFile, rig.HostKey.PrivateFile, overwrite: true);
        await rig.Relay.Daemon.SignalAsync("HUP");
        await rig.Relay.Daemon.WaitForLineAsync("SIGHUP: reloaded log levels, Exec:HostKeys, Exec:UserCa.");
        CommandResult unexpected = await rig.Client.RunAsync(RelayRig.Id, "true");
        Assert.Contains("presented an unexpected host key", unexpected.ErrorText, StringComparison.Ordinal);
        rig.Pin(next);
        await Eventually.TrueAsync(async () => (await rig.Client.RunAsync(RelayRig.Id, "true")).Succeeded, Soon, () => rig.Logs);

        KeyPair other = await KeyPair.GenerateAsync(ScratchDirectory.New("other-ca"), "user_ca");
        File.Copy(other.PublicFile, rig.UserCaFile, overwrite: true);
        await rig.Relay.Daemon.SignalAsync("HUP");
        await Eventually.TrueAsync(
            async () => (await rig.Client.RunAsync(RelayRig.Id, "true")).ErrorText.Contains("did not accept the gateway's certificate", StringComparison.Ordinal), Soon, () => rig.Logs);
        await rig.Relay.Daemon.WaitForLineAsync("is signed by a CA that Exec:UserCa does not name");

        // A file that cannot be used leaves the last good keys in force.
        await File.WriteAllTextAsync(rig.UserCaFile, $"{other.PublicLine}\n{rig.Keys.UserCa.PublicLine}\n");
        await Eventually.TrueAsync(async () => (await rig.Client.RunAsync(RelayRig.Id, "true")).Succeeded, Soon, () => rig.Logs);
        await File.WriteAllTextAsync(rig.UserCaFile, "ssh-ed25519 none\n");
        await rig.Relay.Daemon.SignalAsync("HUP");
        await rig.Relay.Daemon.WaitForLineAsync("Not reloaded, the last good version stays in force: Exec:UserCa");
        Assert.True((await rig.Client.RunAsync(RelayRig.Id, "true")).Succeeded, rig.Logs);
    }

    [RealSshFact]
    public async Task The_relay_keeps_its_sessions_while_the_operator_is_away_and_follows_it_again()
    {
        await using RelayRig rig = await RelayRig.StartAsync();
        Assert.True((await rig.Client.RunWhenKnownAsync(RelayRig.Id, "true")).Succeeded, rig.Logs);

        await rig.Gateway.KillOperatorAsync();
        await rig.Relay.Daemon.WaitForLineAsync("the table keeps its 1 session");

        Assert.True((await rig.Client.RunAsync(RelayRig.Id, "true")).Succeeded, rig.Logs);
        await Gateway.WaitUntilReadyAsync(rig.Relay);
        RelayProcess late = await rig.StartRelayAsync(0);
        await Eventually.TrueAsync(() => IsNotReadyAsync(late, "no operator has sent its sessions yet: 127.0.0.1:"), Soon, () => rig.Logs);

        await rig.Gateway.StartOperatorAsync();
        await Gateway.WaitUntilReadyAsync(late);
        rig.PutPod("uid-1", backend: "SSH");
        await Eventually.TrueAsync(
            async () => (await Scrape.OfAsync(rig.Relay.Http))["sshgateway_exec_table_entries"] == 0, Soon, () => rig.Logs);
    }

    [RealSshFact]
    public async Task An_open_connection_gets_no_channel_in_a_pod_that_is_not_the_sessions_any_more()
    {
        await using RelayRig rig = await RelayRig.StartAsync();
        Assert.True((await rig.Client.RunWhenKnownAsync(RelayRig.Id, "true")).Succeeded, rig.Logs);
        string socket = Path.Combine(ScratchDirectory.New("control"), "s");
        SshClient shared = rig.Client.With($"ControlPath={socket}");
        await using LineDialog master = LineDialog.Start(shared.With("ControlMaster=yes"), RelayRig.Id, "cat");
        Assert.Equal("one", await master.EchoAsync("one"));
        Assert.Equal("in\n", (await shared.RunAsync(RelayRig.Id, "echo in")).Text);

        rig.PutPod("uid-2");

        // ssh then makes a connection of its own, which reaches the new pod once proxy and relay know it.
        CommandResult? last = null;
        await Eventually.TrueAsync(
            async () =>
            {
                last = await shared.RunAsync(RelayRig.Id, "echo in");
                return last.Text == "in\n" && last.ErrorText.Contains("Session open refused by peer", StringComparison.Ordinal);
            },
            Soon,
            () => $"{last}\n{rig.Logs}");
        Assert.Equal("two", await master.EchoAsync("two"));
        Assert.Equal(0, await master.FinishAsync());
    }

    [RealSshFact]
    public async Task Connections_and_channels_are_bounded()
    {
        await using RelayRig rig = await RelayRig.StartAsync("--Exec:MaxConnections=1", "--Exec:MaxChannels=2");
        Assert.True((await rig.Client.RunWhenKnownAsync(RelayRig.Id, "true")).Succeeded, rig.Logs);
        string socket = Path.Combine(ScratchDirectory.New("control"), "s");
        SshClient shared = rig.Client.With($"ControlPath={socket}");
        await using LineDialog master = LineDialog.Start(shared.With("ControlMaster=yes"), RelayRig.Id, "cat");
        Assert.Equal("one", await master.EchoAsync("one"));

        CommandResult another = await rig.Client.RunAsync(RelayRig.Id, "true");
        Assert.True(another.ExitCode == 255, $"{another}\n{rig.Logs}");
        await rig.Relay.Daemon.WaitForLineAsync("1 are open, the maximum (Exec:MaxConnections)");

        await using LineDialog second = LineDialog.Start(shared, RelayRig.Id, "cat");
        Assert.Equal("two", await second.EchoAsync("two"));
        CommandResult third = await shared.RunAsync(RelayRig.Id, "true");
        Assert.True(!third.Succeeded, $"{third}\n{rig.Logs}");
        Assert.Equal(0, await second.FinishAsync());
        await Eventually.TrueAsync(async () => (await shared.RunAsync(RelayRig.Id, "true")).Succeeded, Soon, () => rig.Logs);
    }

    private static async Task<bool> IsNotReadyAsync(RelayProcess relay, string reason)
    {
        using HttpClient http = new() { BaseAddress = relay.Http };
        using HttpResponseMessage answer = await http.GetAsync(new Uri("/readyz", UriKind.Relative));
        return answer.StatusCode == HttpStatusCode.ServiceUnavailable && (await answer.Content.ReadAsStringAsync()).Contains(reason, StringComparison.Ordinal);
    }
}
