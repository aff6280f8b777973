using System.Text.Json.Nodes;
using SshGateway.Feed;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd.OnKubernetes;

/// <summary>
/// "Logins to session X fail": docs/runbook.md leads to the sentence that names the cause, in at most three steps.
/// </summary>
[Collection(KubernetesGroup.Name)]
public sealed class OnCallTests(ClusterGateway gateway) : IClassFixture<ClusterGateway>
{
    private readonly Runbook _runbook = new(gateway);

    // The first step of each path whose session is fine.
    private static (RunbookStep, string, string) IsReady => (RunbookStep.Session, "Ready", ReadyReasons.EndpointReady);

    [ClusterLoginFact]
    public async Task A_session_that_accepts_no_logins_is_found_at_the_first_step()
    {
        await AddAsync("held");
        foreach ((string field, string value, string reason, string sentence) in new[]
        {
            ("access", "Disabled", ReadyReasons.AccessDisabled, "spec.access is Disabled"),
            ("access", "Draining", ReadyReasons.Draining, "spec.access is Draining"),
            ("expiresAt", "2020-01-01T00:00:00Z", ReadyReasons.Expired, "the session expired at 2020-01-01T00:00:00Z"),
        })
        {
            await gateway.PatchSessionAsync("held", new JsonObject { [field] = value });
            await gateway.UntilStatusAsync("held", reason == ReadyReasons.Draining ? "Draining" : "Ended", reason);

            await _runbook.FollowAsync("held", (RunbookStep.Session, reason, sentence));
            await gateway.PatchSessionAsync("held", new JsonObject { [field] = field == "access" ? "Enabled" : null });
        }
    }

    [ClusterLoginFact]
    public async Task An_unknown_session_is_found_at_the_first_step() =>
        await _runbook.FollowAsync("nosuch", (RunbookStep.Session, "NotFound", "(NotFound): claudesessions.tars.cloudwalk.network \"nosuch\" not found"));

    [ClusterLoginFact]
    public async Task A_pod_that_has_ended_is_found_at_the_first_step()
    {
        PodSshd sshd = await AddAsync("ended");
        await gateway.Cluster.SetStatusAsync(ClusterGateway.Space, "ended", $"{sshd.Endpoint.Address}", ready: false, phase: "Failed");

        await _runbook.FollowAsync("ended", (RunbookStep.Session, ReadyReasons.PodFailed, "pod ended has ended (phase Failed)"));
    }

    [ClusterLoginFact]
    public async Task A_changed_host_key_is_found_at_the_first_step_and_in_the_proxys_log()
    {
        PodSshd sshd = await AddAsync("swapped");
        string known = sshd.HostKeys[0].Fingerprint;
        await sshd.StopAsync();
        KeyPair other = await KeyPair.GenerateAsync(ScratchDirectory.New("host-key"), "other");
        await sshd.StartAsync([other]);
        await gateway.RefusedAsync("swapped", "host key", before: "swapped-pod");

        await _runbook.FollowAsync(
            "swapped",
            (RunbookStep.Session, ReadyReasons.HostKeyMismatch, other.Fingerprint),
            (RunbookStep.Session, ReadyReasons.HostKeyMismatch, known),
            (RunbookStep.ProxyLog, "PodHostKeyMismatch", "(PodHostKeyMismatch, blame Pod, user \"swapped\""));
    }

    [ClusterLoginFact]
    public async Task A_full_session_is_found_at_the_second_step()
    {
        await AddAsync("full");
        await using Daemon open = gateway.ClientOf(gateway.UserKey).Start("full", [], "echo is open; sleep 600");
        await open.WaitForLineAsync("is open", TimeSpan.FromMinutes(1));
        // Not before: the login by which it was seen that logins work may not have ended yet.
        await gateway.PatchSessionAsync("full", new JsonObject { ["maxConnections"] = 1 });
        await gateway.RefusedAsync("full", "already has 1 open connection", before: "full-pod");

        await _runbook.FollowAsync("full", IsReady, (RunbookStep.ProxyLog, "TooManyConnections", "(TooManyConnections, blame Client, user \"full\""));
    }

    [ClusterLoginFact]
    public async Task A_dead_sshd_is_found_in_the_proxys_and_the_pods_log()
    {
        PodSshd sshd = await AddAsync("silent");
        await sshd.StopAsync();
        await gateway.RefusedAsync("silent", "cannot be reached", before: "silent-pod");

        await _runbook.FollowAsync(
            "silent", "203.0.113.7", sshd, IsReady, (RunbookStep.ProxyLog, "PodUnreachable", "cannot connect to the pod (PodUnreachable, blame Pod, user \"silent\""),
            (RunbookStep.PodLog, "PodUnreachable", "Server listening on"));
    }

    [ClusterLoginFact]
    public async Task A_wrong_key_and_a_removed_one_are_found_at_the_second_step_by_their_fingerprint()
    {
        await AddAsync("locked");
        KeyPair wrong = await KeyPair.GenerateAsync(ScratchDirectory.New("wrong"), "id");
        await gateway.RefusedAsync("locked", "Permission denied (publickey)", identity: wrong);
        await _runbook.FollowAsync("locked", IsReady, Refused(wrong));

        await AddAsync("relocked");
        await gateway.PatchSessionAsync("relocked", new JsonObject { ["ssh"] = new JsonObject { ["authorizedKeys"] = new JsonArray(wrong.PublicLine) } });
        await gateway.RefusedAsync("relocked", "Permission denied (publickey)", before: "relocked-pod");
        await _runbook.FollowAsync("relocked", IsReady, Refused(gateway.UserKey));

        static (RunbookStep, string, string) Refused(KeyPair key) => (
            RunbookStep.ProxyLog, "NotAuthorized", $"Refused 1 key: ssh-ed25519 {key.Fingerprint} (NotAuthorized)");
    }

    [ClusterLoginFact]
    public async Task A_penalized_address_is_found_at_the_second_step()
    {
        await AddAsync("punished");
        ProxyProcess proxy = await gateway.AddProxyAsync("--Proxy:WaitForPod=00:00:00");
        await Gateway.WaitUntilReadyAsync(proxy);
        KeyPair wrong = await KeyPair.GenerateAsync(ScratchDirectory.New("wrong"), "id");
        const string Address = "127.0.0.71";
        SshClient client = gateway.ClientOf(wrong, proxy).With($"BindAddress={Address}");
        await Eventually.TrueAsync(
            async () => (await client.RunAsync("punished", "true")).ErrorText.Contains("Too many logins from your address", StringComparison.Ordinal),
            "the address is not refused");

        await _runbook.FollowAsync(
            "punished", Address, null, IsReady,
            (RunbookStep.ProxyLogOfAddress, "SourcePenalized", "too many failed connections of this source (SourcePenalized, blame Client"));
    }

    [ClusterLoginFact]
    public async Task A_full_proxy_is_found_at_the_second_step()
    {
        await AddAsync("crowded-out");
        ProxyProcess proxy = await gateway.AddProxyAsync("--Proxy:MaxConnections=1", "--Proxy:WaitForPod=00:00:00");
        await Gateway.WaitUntilReadyAsync(proxy);
        SshClient client = gateway.ClientOf(gateway.UserKey, proxy);
        await using Daemon open = client.Start("crowded-out", [], "echo is open; sleep 600");
        await open.WaitForLineAsync("is open", TimeSpan.FromMinutes(1));
        const string Address = "127.0.0.72";
        Assert.Contains(
            "reached its connection limit", (await client.With($"BindAddress={Address}").RunAsync("crowded-out", "true")).ErrorText, StringComparison.Ordinal);

        await _runbook.FollowAsync(
            "crowded-out", Address, null, IsReady, (RunbookStep.ProxyLogOfAddress, "ProxyFull", "proxy is full (ProxyFull, blame Gateway"));
    }

    [ClusterLoginFact]
    public async Task A_proxy_without_a_feed_is_found_at_the_third_step_with_the_cause()
    {
        using var otherCa = new FeedAuthority();
        string files = ScratchDirectory.New("feed");
        string authorities = Path.Combine(files, "ca.crt");
        await File.WriteAllTextAsync(authorities, otherCa.Pem + "\n");
        string token = Path.Combine(files, "token");
        await File.WriteAllTextAsync(token, FeedKeys.Shared.Token(notBefore: TimeSpan.FromHours(-2), expires: TimeSpan.FromHours(-1)) + "\n");
        foreach ((string id, string setting, string word, string sentence) in new[]
        {
            ("unfed", $"--Proxy:Operators:0=127.0.0.1:{Loopback.FreePort()}", "Connection refused", "Connection refused"),
            ("mistrustful", $"--Proxy:OperatorCA={authorities}", "Proxy:OperatorCA is …", $"(Proxy:OperatorCA is {authorities})"),
            ("outdated", $"--Proxy:OperatorToken={token}", "the operator refuses this proxy: …", "the operator refuses this proxy: the token has expired"),
        })
        {
            await AddAsync(id);
            ProxyProcess proxy = await gateway.AddProxyAsync("--Proxy:WaitForPod=00:00:00", setting);
            CommandResult refused = await gateway.ClientOf(gateway.UserKey, proxy).RunAsync(id, "true");
            Assert.Contains("Permission denied (publickey)", refused.ErrorText, StringComparison.Ordinal);

            await _runbook.FollowAsync(
                id, IsReady, (RunbookStep.ProxyLog, "UnknownSession", "(UnknownSession)"), (RunbookStep.ProxyLogOfFeed, word, sentence));
        }
    }

    private async Task<PodSshd> AddAsync(string id)
    {
        PodSshd sshd = await gateway.StartSshdAsync($"{id}-pod", id);
        await gateway.CreateSessionAsync(id, sshd.Endpoint.Port);
        await gateway.CreateReadyPodAsync(id, id, sshd);
        await gateway.ReachesAsync(id, $"{id}-pod");
        await gateway.UntilStatusAsync(id, "Ready", ReadyReasons.EndpointReady);
        return sshd;
    }
}
