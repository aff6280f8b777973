using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>Logins that lead nowhere: strangers learn nothing, users read why.</summary>
[Collection(EndToEndTests.Name)]
public sealed partial class RefusalTests(SharedGateway shared)
{
    /// <summary>The dial timeout of three seconds and a margin for ssh itself.</summary>
    private static readonly TimeSpan DialTimeout = TimeSpan.FromSeconds(3 + 2);

    [RealSshFact]
    public async Task An_unknown_session_looks_exactly_like_a_wrong_key()
    {
        KeyPair stranger = await KeyPair.GenerateAsync(ScratchDirectory.New("stranger"), "id");
        SshClient client = shared.ClientOf(0, stranger);

        // The names have the same length, as packet sizes show in the transcript.
        string wrongKey = await TranscriptAsync(client, "alpha");
        string unknown = await TranscriptAsync(client, "nobod");
        string impossible = await TranscriptAsync(client, "No.pe");

        Assert.Contains("Permission denied (publickey)", wrongKey, StringComparison.Ordinal);
        Assert.Equal(wrongKey, unknown);
        Assert.Equal(wrongKey, impossible);
    }

    [RealSshFact]
    public async Task A_pod_that_is_down_is_told()
    {
        const string Id = "down";
        PodSshd pod = await shared.AddPodAsync(Id);
        Assert.True((await shared.Client.RunWhenKnownAsync(Id, "true")).Succeeded);
        await pod.DisposeAsync();

        await AssertToldAsync(Id, "cannot be reached");
    }

    [RealSshFact]
    public async Task A_pod_that_does_not_answer_is_told_within_the_dial_timeout()
    {
        // A full accept queue: the kernel drops further SYNs, as a lost node would.
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        IPEndPoint endpoint = Loopback.ForPod();
        listener.Bind(endpoint);
        listener.Listen(0);
        using Socket filler = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await filler.ConnectAsync(endpoint);
        WriteSession("blackhole", endpoint);

        await AssertToldAsync("blackhole", "cannot be reached");
    }

    [RealSshFact]
    public async Task A_pod_that_is_not_ready_is_told()
    {
        const string Id = "unready";
        await using PodSshd pod = await PodSshd.StartAsync(new PodOptions(Id, Id, shared.Gateway.Keys.UserCa.PublicFile));
        shared.Gateway.Manifests.Write(
            new SessionManifest(Id, [shared.UserKey.PublicLine]) { Port = pod.Endpoint.Port },
            new PodManifest(Id, Id, pod.Endpoint.Address) { Ready = false });

        await AssertToldAsync(Id, $"The pod of session {Id} is not ready");

        Assert.DoesNotContain("Connection from", pod.Log, StringComparison.Ordinal);
    }

    [RealSshFact]
    public async Task A_pod_that_is_going_is_told()
    {
        const string Id = "going";
        shared.Gateway.Manifests.Write(
            new SessionManifest(Id, [shared.UserKey.PublicLine]), new PodManifest(Id, Id, Loopback.ForPod().Address) { Terminating = true });

        await AssertToldAsync(Id, "is being deleted and accepts no new logins");
    }

    [RealSshFact]
    public async Task A_session_without_a_pod_is_told()
    {
        shared.Gateway.Manifests.Write(new SessionManifest("podless", [shared.UserKey.PublicLine]));

        await AssertToldAsync("podless", "The pod that session podless names does not exist");
    }

    [RealSshFact]
    public async Task A_pod_with_another_host_key_than_the_pinned_one_is_told_and_gets_no_login()
    {
        const string Id = "impostor";
        KeyPair pinned = await KeyPair.GenerateAsync(ScratchDirectory.New("pinned"), "key");
        await using PodSshd pod = await shared.AddPodAsync(
            Id, session: (session, _) => session with { HostKeys = [pinned.PublicLine] });

        await AssertToldAsync(Id, "host key");

        Assert.DoesNotContain("Accepted publickey", pod.Log, StringComparison.Ordinal);
    }

    [RealSshFact]
    public async Task A_host_key_that_changes_under_the_same_pod_is_told_and_gets_no_login()
    {
        const string Id = "changed-host-key";
        await using PodSshd pod = await shared.AddPodAsync(Id);
        Assert.True((await shared.Client.RunWhenKnownAsync(Id, "true")).Succeeded);
        await pod.StopAsync();
        int before = Accepted();
        await pod.StartAsync([await KeyPair.GenerateAsync(ScratchDirectory.New("host-key"), "other")]);

        await AssertToldAsync(Id, "host key");

        Assert.Equal(before, Accepted());

        int Accepted() => pod.Log.Split("Accepted publickey").Length;
    }

    [RealSshFact]
    public async Task A_host_key_that_one_proxy_learned_counts_for_the_other()
    {
        const string Id = "learned-elsewhere";
        await using PodSshd pod = await shared.AddPodAsync(Id);
        Assert.True((await shared.ClientOf(0).RunWhenKnownAsync(Id, "true")).Succeeded);
        await Eventually.TrueAsync(
            () => shared.Gateway.Logs.Contains($"Learned the host key of pod {Id}", StringComparison.Ordinal), TimeSpan.FromSeconds(30), () => shared.Gateway.Logs);
        await pod.StopAsync();
        await pod.StartAsync([await KeyPair.GenerateAsync(ScratchDirectory.New("host-key"), "other")]);

        // The second proxy has never been there. It hears of the key from its operator, which is a matter of
        // milliseconds.
        CommandResult? refused = null;
        await Eventually.TrueAsync(
            async () =>
            {
                refused = await shared.ClientOf(1).RunAsync(Id, "echo in");
                return refused.ExitCode == 255 && refused.ErrorText.Contains("host key", StringComparison.Ordinal);
            },
            TimeSpan.FromSeconds(30),
            () => $"the other proxy trusts the new key\n{refused}\n{shared.Gateway.Logs}");
        await Eventually.TrueAsync(
            () => shared.Gateway.Logs.Contains($"Pod {Id} (", StringComparison.Ordinal), TimeSpan.FromSeconds(30), () => shared.Gateway.Logs);
        shared.Gateway.Manifests.Remove(Id);
    }

    [RealSshFact]
    public async Task A_certificate_for_another_session_is_refused_by_the_pod()
    {
        // The pod of session "theirs" under the address that the table has for "misrouted": a reused IP.
        await using PodSshd pod = await PodSshd.StartAsync(
            new PodOptions("theirs", "theirs", shared.Gateway.Keys.UserCa.PublicFile));
        WriteSession("misrouted", pod.Endpoint);

        await AssertToldAsync("misrouted", "did not accept the gateway's certificate");

        Assert.DoesNotContain("Accepted publickey", pod.Log, StringComparison.Ordinal);
        Assert.Contains("Certificate does not contain an authorized principal", pod.Log, StringComparison.Ordinal);
    }

    [RealSshFact]
    public async Task The_pods_log_names_the_session_and_the_real_client()
    {
        PodSshd pod = shared.Pod(SharedGateway.Gamma);

        CommandResult result = await shared.Client.RunAsync(SharedGateway.Gamma, "true");

        Assert.True(result.Succeeded, result.ToString());
        Assert.Matches(
            $@"Accepted publickey for root from 127\.0\.0\.1 port \d+ ssh2: ED25519-CERT SHA256:\S+ ID session=gamma client={Regex.Escape(shared.UserKey.Fingerprint)} from=127\.0\.0\.1\S* .*CA ED25519 {Regex.Escape(shared.Gateway.Keys.UserCa.Fingerprint)}",
            pod.Log);
    }

    [RealSshFact]
    public async Task A_wrong_key_an_unknown_session_and_a_client_without_keys_are_three_lines_of_the_log()
    {
        // Others that fail at the first proxy would be told of together with these.
        KeyPair stranger = await KeyPair.GenerateAsync(ScratchDirectory.New("refused"), "id");
        string unknown = $"unknown-{Guid.NewGuid():N}"[..20];

        Scrape before = await Scrape.OfAsync(shared.Gateway.Proxies[1].Http);
        await shared.ClientOf(1, stranger).RunAsync(SharedGateway.Alpha, "true");
        await shared.ClientOf(1, stranger).RunAsync(unknown, "true");
        await shared.ClientOf(1, stranger).With("PubkeyAuthentication=no").RunAsync(SharedGateway.Alpha, "true");

        string refused = $"Refused 1 key: ssh-ed25519 {stranger.Fingerprint}";
        await AssertLoggedAsync($"AuthenticationFailed, blame Client, user \"{SharedGateway.Alpha}\"", $"The session exists. {refused} (NotAuthorized). The last one is none of the session's keys.");
        await AssertLoggedAsync($"AuthenticationFailed, blame Client, user \"{unknown}\"", $"There is no such session. {refused} (UnknownSession).");
        await AssertLoggedAsync($"ClientLeftEarly, blame Nobody, user \"{SharedGateway.Alpha}\"", "The session exists. The client offered no key.");
        Scrape after = await Scrape.OfAsync(shared.Gateway.Proxies[1].Http);
        Assert.Equal(Count(before, "NotAuthorized") + 1, Count(after, "NotAuthorized"));
        Assert.Equal(Count(before, "UnknownSession") + 1, Count(after, "UnknownSession"));

        static double Count(Scrape scrape, string reason) => scrape[$"sshgateway_proxy_refused_keys_total{{reason=\"{reason}\"}}"];
    }

    // Whoever shows this to an operator is found in each log.
    [RealSshFact]
    public async Task The_id_of_a_connection_is_in_the_proxys_log_the_pods_log_and_the_users_sentence()
    {
        const string Id = "traced";
        await using PodSshd pod = await shared.AddPodAsync(Id);
        Assert.True((await shared.Client.RunWhenKnownAsync(Id, "true")).Succeeded);
        string login = Regex.Match(pod.Log, $@"ID session={Id} client=\S+ from=\S+ connection=(\S+)").Groups[1].Value;
        Assert.Matches(@"\A[0-9a-f]{8}-[0-9]+\z", login);
        await AssertLoggedAsync($"Connection {login} from ", $"logged in: session {Id}");

        await pod.StopAsync();
        CommandResult refused = await shared.Client.RunAsync(Id, "true");

        string connection = Regex.Match(refused.ErrorText, @"\(connection ([0-9a-f]{8}-[0-9]+)\)").Groups[1].Value;
        await AssertLoggedAsync($"Connection {connection} from ", $"PodUnreachable, blame Pod, user \"{Id}\"");
        shared.Gateway.Manifests.Remove(Id);
    }

    /// <summary>One line of the gateway's log has both.</summary>
    private Task AssertLoggedAsync(string one, string other) => Eventually.TrueAsync(
        () => shared.Gateway.Logs.Split('\n').Any(line => line.Contains(one, StringComparison.Ordinal) && line.Contains(other, StringComparison.Ordinal)),
        TimeSpan.FromMinutes(2),
        () => $"no line has \"{one}\" and \"{other}\"\n{shared.Gateway.Logs}");

    private void WriteSession(string id, IPEndPoint endpoint) => shared.Gateway.Manifests.Write(
        new SessionManifest(id, [shared.UserKey.PublicLine]) { Port = endpoint.Port },
        new PodManifest(id, id, endpoint.Address));

    private async Task AssertToldAsync(string id, string sentence)
    {
        CommandResult result = await shared.Client.RunWhenKnownAsync(id, "echo in");

        Assert.Equal(255, result.ExitCode);
        Assert.Empty(result.Text);
        Assert.Contains(sentence, result.ErrorText, StringComparison.Ordinal);
        Assert.Contains($"ession {id}", result.ErrorText, StringComparison.Ordinal);
        Assert.True(result.Elapsed < DialTimeout, $"{result}\n{shared.Gateway.Logs}");
        shared.Gateway.Manifests.Remove(id);
    }

    private static async Task<string> TranscriptAsync(SshClient client, string sessionId)
    {
        CommandResult result = await client.RunAsync(sessionId, "true", flags: "-vvv");
        Assert.Equal(255, result.ExitCode);
        string transcript = result.ErrorText.ReplaceLineEndings("\n").Replace(sessionId, "NAME", StringComparison.Ordinal);
        transcript = RandomNumbers().Replace(transcript, "N");
        return Ephemeral().Replace(transcript, "");
    }

    /// <summary>
    /// What differs between any two runs: local ports, file descriptors and the length of elapsed times.
    /// </summary>
    [GeneratedRegex(@"(?<=port )\d+|(?<=fd )\d+|\d+\.\d+(?= seconds)|(?<=pid )\d+")]
    private static partial Regex RandomNumbers();

    /// <summary>Sums of the transferred bytes in a time that differs.</summary>
    [GeneratedRegex(@"Bytes per second:.*\n")]
    private static partial Regex Ephemeral();
}
