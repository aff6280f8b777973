using System.Globalization;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>What the user of ssh sees of a session's access, expiry and limits.</summary>
[Collection(EndToEndTests.Name)]
public sealed class LimitTests(SharedGateway shared)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [RealSshFact]
    public async Task A_disabled_session_closes_what_is_open_and_says_so()
    {
        const string Id = "disabled-open";
        (SessionManifest session, PodManifest pod, PodSshd sshd) = await AddAsync(Id);
        await using PodSshd disposal = sshd;
        await using Daemon ssh = shared.Client.Start(Id, [], "echo in; sleep 300");
        await using Daemon other = shared.ClientOf(1).Start(Id, ["-t", "-t"], "echo in; sleep 300");
        await ssh.WaitForLineAsync("in");
        await other.WaitForLineAsync("in");

        shared.Gateway.Manifests.Write(session with { Access = "Disabled" }, pod);

        await AssertEndedAsync(ssh, "Session disabled-open was disabled.");
        await AssertEndedAsync(other, "Session disabled-open was disabled.");
        CommandResult refused = await shared.Client.RunAsync(Id, "true");
        Assert.Contains("Session disabled-open is disabled.", refused.ErrorText, StringComparison.Ordinal);
        // The pod's side ends as well, with the reason in its log.
        await sshd.WaitForLogAsync("was disabled");
        shared.Gateway.Manifests.Remove(Id);
    }

    [RealSshFact]
    public async Task An_expired_session_closes_what_is_open_and_says_so()
    {
        const string Id = "expired-open";
        (SessionManifest session, PodManifest pod, PodSshd sshd) = await AddAsync(Id);
        await using PodSshd disposal = sshd;
        await using Daemon ssh = shared.Client.Start(Id, [], "echo in; sleep 300");
        await ssh.WaitForLineAsync("in");

        // The clock of the proxy decides, not the change: two seconds ahead.
        string soon = DateTimeOffset.UtcNow.AddSeconds(2).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        shared.Gateway.Manifests.Write(session with { Limits = [$"expiresAt: \"{soon}\""] }, pod);

        await AssertEndedAsync(ssh, "Session expired-open expired on ");
        CommandResult refused = await shared.Client.RunAsync(Id, "true");
        Assert.Contains("Session expired-open expired on ", refused.ErrorText, StringComparison.Ordinal);
        shared.Gateway.Manifests.Remove(Id);
    }

    [RealSshFact]
    public async Task An_idle_connection_is_closed_in_spite_of_its_keepalives_and_a_used_one_is_not()
    {
        const string Id = "idle-open";
        (_, _, PodSshd sshd) = await AddAsync(Id, ["idleTimeout: 3s"], ["ClientAliveInterval 1"]);
        await using PodSshd disposal = sshd;
        await using Daemon used = shared.Client.Start(Id, [], "while sleep 0.5; do echo tick; done");
        await used.WaitForLineAsync("tick");
        await using Daemon idle = shared.Client.With("ServerAliveInterval=1").Start(Id, [], "echo in; sleep 300");
        await idle.WaitForLineAsync("in");

        await AssertEndedAsync(idle, "This connection to session idle-open was closed because it was idle for 3 seconds.");

        Assert.False(used.HasExited, used.Output);
        shared.Gateway.Manifests.Remove(Id);
    }

    [RealSshFact]
    public async Task Connections_beyond_the_maximum_are_refused_with_a_sentence()
    {
        const string Id = "crowded";
        (_, _, PodSshd sshd) = await AddAsync(Id, ["maxConnections: 2"]);
        await using PodSshd disposal = sshd;
        await using LineDialog first = LineDialog.Start(shared.Client, Id, "cat");
        Assert.Equal("one", await first.EchoAsync("one"));
        await using LineDialog second = LineDialog.Start(shared.Client, Id, "cat");
        Assert.Equal("two", await second.EchoAsync("two"));

        CommandResult third = await shared.Client.RunAsync(Id, "true");
        CommandResult elsewhere = await shared.ClientOf(1).RunAsync(Id, "echo $POD");

        Assert.Equal(255, third.ExitCode);
        Assert.Contains("Session crowded already has 2 open connections, the maximum.", third.ErrorText, StringComparison.Ordinal);
        Assert.Equal("crowded\n", elsewhere.Text);
        Assert.Equal(0, await first.FinishAsync());
        await Eventually.TrueAsync(
            async () => (await shared.Client.RunAsync(Id, "echo $POD")).Text == "crowded\n", Soon, () => $"the place of the first is not free\n{shared.Gateway.Logs}");
        shared.Gateway.Manifests.Remove(Id);
    }

    [RealSshFact]
    public async Task An_address_whose_logins_fail_is_refused_for_a_while_and_ssh_says_so()
    {
        KeyPair stranger = await KeyPair.GenerateAsync(ScratchDirectory.New("stranger"), "id");
        SshClient failing = shared.ClientOf(0, stranger).With("BindAddress=127.0.0.66");
        // Five seconds each, less the time that they take themselves; from fifteen on they count.
        CommandResult? refused = null;
        await Eventually.TrueAsync(
            async () =>
            {
                refused = await failing.RunAsync(SharedGateway.Alpha, "true");
                return !refused.ErrorText.Contains("Permission denied", StringComparison.Ordinal);
            },
            "the address is not refused");

        Assert.Contains("Too many logins from your address have failed. Try again in ", refused!.ErrorText, StringComparison.Ordinal);
        Assert.Equal(255, (await shared.Client.With("BindAddress=127.0.0.66").RunAsync(SharedGateway.Alpha, "true")).ExitCode);
        Assert.True((await shared.Client.RunAsync(SharedGateway.Alpha, "true")).Succeeded);
        Assert.True((await shared.Client.With("BindAddress=127.0.0.67").RunAsync(SharedGateway.Alpha, "true")).Succeeded);
        await shared.Gateway.Proxies[0].Daemon.WaitForLineAsync("(SourcePenalized, blame");
    }

    private async Task<(SessionManifest Session, PodManifest Pod, PodSshd Sshd)> AddAsync(
        string id, IReadOnlyList<string>? limits = null, IReadOnlyList<string>? sshdConfig = null)
    {
        SessionManifest? manifest = null;
        PodSshd sshd = await shared.AddPodAsync(
            id, options => options with { ExtraConfig = sshdConfig ?? [] }, (session, _) => manifest = session with { Limits = limits ?? [] });
        for (int proxy = 0; proxy < 2; proxy++)
        {
            CommandResult first = await shared.ClientOf(proxy).RunWhenKnownAsync(id, "true");
            Assert.True(first.Succeeded, $"{first}\n{shared.Gateway.Logs}");
        }

        return (manifest!, new PodManifest(id, id, sshd.Endpoint.Address), sshd);
    }

    private async Task AssertEndedAsync(Daemon ssh, string sentence)
    {
        await Eventually.TrueAsync(
            () => ssh.HasExited && ssh.Output.Contains(sentence, StringComparison.Ordinal),
            Soon,
            () => $"{ssh.Name} did not end with \"{sentence}\"\n{ssh.Output}\n{shared.Gateway.Logs}");
        Assert.Equal(255, ssh.ExitCode);
    }
}
