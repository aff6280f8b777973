using System.Diagnostics;
using System.Globalization;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>What one connection carries besides a command: many channels, an agent, keepalives, or nothing.</summary>
[Collection(SharedGatewayTests.Name)]
public sealed class ConnectionTests(SharedGateway shared)
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(4);

    [RealSshFact]
    public async Task A_control_master_carries_ten_sessions_over_one_connection()
    {
        string control = Path.Combine(ScratchDirectory.New("control"), "master");
        int before = Logins(shared.Pod(SharedGateway.Beta));
        SshClient client = shared.Client.With($"ControlPath={control}");
        await using Daemon master = client.Start(SharedGateway.Beta, ["-M", "-N"]);
        await Eventually.TrueAsync(() => File.Exists(control), TimeSpan.FromSeconds(10), () => master.Output);

        CommandResult[] results = await Task.WhenAll(Enumerable.Range(0, 10).Select(number =>
            client.RunAsync(
                SharedGateway.Beta,
                // All ten are open at once: each waits until it sees the others' marks.
                $"touch ~/channel-{number}; until [ $(ls ~ | grep -c '^channel-') = 10 ]; do sleep 0.05; done; head -c 300000 /dev/zero; echo {number}; exit {number}")));

        Assert.All(results, (result, number) =>
        {
            Assert.False(result.TimedOut, result.ToString());
            Assert.Equal(number, result.ExitCode);
            Assert.EndsWith($"\0{number}\n", result.Text, StringComparison.Ordinal);
            Assert.Equal(300_002, result.Stdout.Length);
        });
        Assert.Equal(before + 1, Logins(shared.Pod(SharedGateway.Beta)));
        CommandResult end = await client.RunAsync(SharedGateway.Beta, "", flags: ["-O", "exit"]);
        Assert.True(end.Succeeded, end.ToString());
        await Eventually.TrueAsync(() => master.HasExited, TimeSpan.FromSeconds(5), () => "the master lives on");
    }

    [RealSshFact("ssh-agent", "ssh-add")]
    public async Task The_users_agent_can_be_used_in_the_pod()
    {
        string directory = ScratchDirectory.New("agent");
        string socket = Path.Combine(directory, "agent");
        KeyPair other = await KeyPair.GenerateAsync(directory, "in_agent");
        await using Daemon agent = Daemon.Start("ssh-agent", "ssh-agent", ["-D", "-a", socket]);
        await Eventually.TrueAsync(() => File.Exists(socket), TimeSpan.FromSeconds(5), () => agent.Output);
        Dictionary<string, string> environment = new() { ["SSH_AUTH_SOCK"] = socket };
        CommandResult added = await Command.RunAsync(
            "ssh-add", [shared.UserKey.PrivateFile, other.PrivateFile], environment: environment);
        Assert.True(added.Succeeded, added.ToString());

        // IdentitiesOnly with the agent: it signs the login as well.
        CommandResult result = await Command.RunAsync(
            "ssh",
            [.. shared.Client.With($"IdentityAgent={socket}").Arguments(SharedGateway.Alpha), "-A", SshClient.Host, "ssh-add -l; echo $SSH_AUTH_SOCK"],
            environment: environment);

        Assert.True(result.Succeeded, result.ToString());
        Assert.Contains(shared.UserKey.Fingerprint, result.Text, StringComparison.Ordinal);
        Assert.Contains(other.Fingerprint, result.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(socket, result.Text, StringComparison.Ordinal);
    }

    [RealSshFact]
    public async Task Keepalives_of_both_ends_are_answered()
    {
        await using PodSshd pod = await shared.AddPodAsync(
            "keepalive", options => options with { ExtraConfig = ["ClientAliveInterval 1", "ClientAliveCountMax 2"] });
        Assert.True((await shared.Client.RunWhenKnownAsync("keepalive", "true")).Succeeded);

        // Either end gives up after two unanswered requests, within three seconds.
        CommandResult result = await shared.Client
            .With("ServerAliveInterval=1", "ServerAliveCountMax=2")
            .RunAsync("keepalive", "sleep 5; echo alive");

        Assert.True(result.Succeeded, $"{result}\n{pod.Log}");
        Assert.Equal("alive\n", result.Text);
        Assert.True(result.Elapsed > TimeSpan.FromSeconds(4), result.ToString());
    }

    [RealSshFact]
    public async Task A_connection_without_a_session_stays_and_costs_nothing()
    {
        string control = Path.Combine(ScratchDirectory.New("idle"), "master");
        SshClient client = shared.Client.With($"ControlPath={control}");
        await using Daemon ssh = client.Start(SharedGateway.Gamma, ["-M", "-N"]);
        await Eventually.TrueAsync(() => File.Exists(control), TimeSpan.FromSeconds(10), () => ssh.Output);
        Daemon proxy = shared.Gateway.Proxies[0].Daemon;

        // A proxy that has just begun still compiles what it was used for.
        await Eventually.TrueAsync(
            async () =>
            {
                TimeSpan before = proxy.ProcessorTime();
                await Task.Delay(Idle);
                return proxy.ProcessorTime() - before < Idle / 20;
            },
            "the proxy is at rest");

        Assert.False(ssh.HasExited, ssh.Output);
        CommandResult result = await client.RunAsync(SharedGateway.Gamma, "echo $POD");
        Assert.Equal("gamma\n", result.Text);
    }

    [RealSshFact]
    public async Task The_client_never_hears_of_a_host_key_of_the_pod()
    {
        SshClient client = shared.Client.With("UpdateHostKeys=yes", "StrictHostKeyChecking=yes");
        KeyPair podKey = shared.Pod(SharedGateway.Alpha).HostKeys[0];

        // -vvv prints the keys of the announcement that sshd makes after the login.
        CommandResult result = await client.RunAsync(SharedGateway.Alpha, "sleep 1", flags: "-vvv");

        Assert.True(result.Succeeded, result.ToString());
        Assert.DoesNotContain(podKey.Fingerprint, result.ErrorText, StringComparison.Ordinal);
        string known = await File.ReadAllTextAsync(client.KnownHosts);
        Assert.DoesNotContain(Blob(podKey), known, StringComparison.Ordinal);
        Assert.All(shared.Gateway.Keys.HostKeys, key => Assert.Contains(Blob(key), known, StringComparison.Ordinal));

        static string Blob(KeyPair key) => key.PublicLine.Split(' ')[1];
    }

    [RealSshFact]
    public async Task Fifty_logins_at_once_reach_each_their_own_pod()
    {
        string[] pods = [SharedGateway.Alpha, SharedGateway.Beta, SharedGateway.Gamma];
        SshClient[] clients = [shared.ClientOf(0), shared.ClientOf(1).With("Ciphers=aes128-gcm@openssh.com")];

        Stopwatch clock = Stopwatch.StartNew();
        CommandResult[] results = await Task.WhenAll(Enumerable.Range(0, 50).Select(number =>
            clients[number % 2].RunAsync(
                pods[number % 3],
                string.Create(CultureInfo.InvariantCulture, $"echo $POD {number}"),
                deadline: TimeSpan.FromSeconds(60))));

        Assert.All(results, (result, number) =>
        {
            Assert.True(result.Succeeded, $"{result}\n{shared.Gateway.Logs}");
            Assert.Equal($"{pods[number % 3]} {number}\n", result.Text);
        });
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(45), $"{clock.Elapsed}");
    }

    private static int Logins(PodSshd pod) => pod.Log.Split("Accepted publickey").Length - 1;
}
