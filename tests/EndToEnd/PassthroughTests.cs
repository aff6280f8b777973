using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>
/// The second way in: the real ssh, through the programs that people have for ProxyCommand, end to end to the pod's
/// sshd.
/// </summary>
[Collection(SharedGatewayTests.Name)]
public sealed class PassthroughTests(SharedGateway shared)
{
    private const int Bulk = 32 * 1024 * 1024;
    private const string Ncat = "ncat --proxy {0} --proxy-type http %h %p";

    public static TheoryData<string, string> Programs => new()
    {
        { "ncat", Ncat },
        { "nc.openbsd", "nc.openbsd -X connect -x {0} %h %p" },
        { "corkscrew", "corkscrew {1} {2} %h %p" },
        { "proxytunnel", "proxytunnel -q -p {0} -d %h:%p" },
        { "socat", "socat - PROXY:{1}:%h:%p,proxyport={2}" },
    };

    [RealSshTheory("ncat", "nc.openbsd", "corkscrew", "proxytunnel", "socat")]
    [MemberData(nameof(Programs))]
    public async Task A_client_reaches_the_pods_own_sshd(string program, string command)
    {
        string id = $"through-{program.Replace('.', '-')}";
        await using PodSshd pod = await AddAsync(id);
        SshClient client = Client(pod, command);

        CommandResult first = await RunWhenKnownAsync(client, id, "echo $POD; exit 7");
        byte[] sent = RandomNumberGenerator.GetBytes(Bulk);
        CommandResult echoed = await client.RunAsync(id, "cat", sent);

        Assert.True(first is { ExitCode: 7 } && first.Text == $"{id}\n", $"{first}\n{shared.Gateway.Logs}");
        Assert.Equal(SHA256.HashData(sent), SHA256.HashData(echoed.Stdout));
        // The person's own key, from the proxy's address: the gateway has neither authenticated nor been authenticated.
        Assert.Contains($"Accepted publickey for root from 127.0.0.1", pod.Log, StringComparison.Ordinal);
        Assert.Contains(shared.UserKey.Fingerprint, pod.Log, StringComparison.Ordinal);
        await shared.Gateway.Proxies[0].Daemon.WaitForLineAsync($"passed through: session {id}, pod {id}");
        shared.Gateway.Manifests.Remove(id);
    }

    [RealSshFact("ncat")]
    public async Task The_gateways_own_way_in_works_beside_it_and_disabling_ends_both()
    {
        const string Id = "two-ways";
        SessionManifest? manifest = null;
        await using PodSshd pod = await AddAsync(Id, session => manifest = session);
        SshClient through = Client(pod, Ncat);
        Assert.Equal("two-ways\n", (await RunWhenKnownAsync(through, Id, "echo $POD")).Text);
        await using Daemon passed = through.Start(Id, [], "echo in; sleep 300");
        await using Daemon bridged = shared.Client.Start(Id, [], "echo in; sleep 300");
        await passed.WaitForLineAsync("in");
        await bridged.WaitForLineAsync("in");

        shared.Gateway.Manifests.Write(manifest! with { Access = "Disabled" }, new PodManifest(Id, Id, pod.Endpoint.Address));

        await Eventually.TrueAsync(
            () => passed.HasExited && bridged.HasExited && bridged.Output.Contains("was disabled", StringComparison.Ordinal), "a connection of a disabled session is open");
        CommandResult refused = await through.RunAsync(Id, "true");
        Assert.Equal(255, refused.ExitCode);
        Assert.Contains("403", refused.ErrorText, StringComparison.Ordinal);
        shared.Gateway.Manifests.Remove(Id);
    }

    [RealSshFact("ncat")]
    public async Task A_session_that_does_not_allow_it_is_not_reached()
    {
        SshClient client = Client(shared.Pod(SharedGateway.Gamma), Ncat);
        CommandResult result = await client.RunAsync(SharedGateway.Gamma, "true");
        Assert.Equal(255, result.ExitCode);
        Assert.Contains("403", result.ErrorText, StringComparison.Ordinal);
    }

    // The gateway cannot read which of the two it is; the pod's bytes tell.
    [RealSshFact("ncat")]
    public async Task A_stranger_is_refused_after_some_attempts_and_short_commands_of_the_owner_are_not()
    {
        const string Id = "guess";
        await using PodSshd pod = await AddAsync(Id);
        Assert.True((await RunWhenKnownAsync(Client(pod, Ncat), Id, "true")).Succeeded);
        KeyPair[] keys = [.. await Task.WhenAll(Enumerable.Range(0, 5).Select(i => KeyPair.GenerateAsync(ScratchDirectory.New($"guess{i}"), "id")))];
        SshClient owner = Client(pod, "ncat --source 127.0.0.78 --proxy {0} --proxy-type http %h %p");
        // With one key, and with as many as sshd takes.
        SshClient one = Client(pod, "ncat --source 127.0.0.79 --proxy {0} --proxy-type http %h %p", keys[0]);
        SshClient many = Client(pod, "ncat --source 127.0.0.80 --proxy {0} --proxy-type http %h %p", keys[0]).With([.. keys[1..].Select(key => $"IdentityFile={key.PrivateFile}")]);

        for (int i = 0; i < 6; i++)
        {
            CommandResult result = await owner.RunAsync(Id, "true");
            Assert.True(result.Succeeded, $"{result}\n{shared.Gateway.Logs}");
        }
        foreach (SshClient stranger in new[] { one, many })
        {
            await Eventually.TrueAsync(
                async () => !(await stranger.RunAsync(Id, "true")).ErrorText.Contains("Permission denied", StringComparison.Ordinal), "the stranger is not refused");
        }
        await shared.Gateway.Proxies[0].Daemon.WaitForLineAsync($"(SourcePenalized, blame");
        Assert.True((await owner.RunAsync(Id, "true")).Succeeded);
        shared.Gateway.Manifests.Remove(Id);
    }

    // As docs/clients.md shows it: the gateway is a jump host whose session opens the connection, to the pod's own
    // sshd.
    [RealSshFact]
    public async Task A_session_is_a_jump_host_to_its_own_sshd()
    {
        const string Id = "jump";
        await using PodSshd pod = await AddAsync(Id);
        Assert.True((await shared.Client.RunWhenKnownAsync(Id, "true")).Succeeded);
        SshClient client = Client(pod, shared.Client.CommandLine(Id).Replace("%", "%%", StringComparison.Ordinal) + $" -W {pod.Endpoint} {SshClient.Host}");

        CommandResult result = await client.RunAsync(Id, "echo $POD");

        Assert.True(result.Text == "jump\n", $"{result}\n{shared.Gateway.Logs}");
        shared.Gateway.Manifests.Remove(Id);
    }

    /// <summary>A client that trusts the pod's host key alone, and names the session as its host.</summary>
    private SshClient Client(PodSshd pod, string command, KeyPair? key = null)
    {
        IPEndPoint gateway = shared.Gateway.Proxies[0].Ssh;
        return SshClient.Create(gateway, key ?? shared.UserKey, pod.HostKeys)
            .With("User=root", $"HostName={pod.Name}", "Port=22", $"ProxyCommand={string.Format(CultureInfo.InvariantCulture, command, gateway, gateway.Address, gateway.Port)}");
    }

    private Task<PodSshd> AddAsync(string id, Action<SessionManifest>? written = null) => shared.AddPodAsync(
        id,
        options => options with { AuthorizedKeys = [shared.UserKey.PublicLine] },
        (session, _) =>
        {
            session = session with { Passthrough = true };
            written?.Invoke(session);
            return session;
        });

    // Unknown sessions are refused by a status, which each program says in its own words.
    private static async Task<CommandResult> RunWhenKnownAsync(SshClient client, string id, string command)
    {
        CommandResult? result = null;
        await Eventually.TrueAsync(
            async () => (result = await client.RunAsync(id, command)).ExitCode != 255, TimeSpan.FromSeconds(20), () => $"{id} is not reached\n{result}");
        return result!;
    }
}
