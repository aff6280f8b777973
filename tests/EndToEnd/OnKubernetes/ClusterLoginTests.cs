using System.Net;
using System.Text.Json.Nodes;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Kubernetes;
using static SshGateway.Tests.EndToEnd.OnKubernetes.ClusterGateway;

namespace SshGateway.Tests.EndToEnd.OnKubernetes;

/// <summary>
/// Real logins while sessions and pods come, change and go on a real API server, and what their status says.
/// </summary>
[Collection(KubernetesGroup.Name)]
public sealed class ClusterLoginTests(ClusterGateway gateway) : IClassFixture<ClusterGateway>
{
    private KubernetesObjects Cluster => gateway.Cluster;

    [ClusterLoginFact]
    public async Task A_pod_replaced_under_its_name_gets_the_logins()
    {
        PodSshd first = await gateway.StartSshdAsync("replaced-1", "replaced");
        PodSshd second = await gateway.StartSshdAsync("replaced-2", "replaced", new IPEndPoint(NewAddress(), first.Endpoint.Port));
        await gateway.CreateSessionAsync("replaced", first.Endpoint.Port);
        await gateway.CreateReadyPodAsync("replaced", "replaced", first);
        await gateway.ReachesAsync("replaced", "replaced-1");
        await using LineDialog open = LineDialog.Start(gateway.ClientOf(gateway.UserKey), "replaced", "cat");
        Assert.Equal("before", await open.EchoAsync("before"));

        // The first sshd goes on: nothing but the table keeps logins away from it.
        await Cluster.DeletePodAsync(Space, "replaced");
        await gateway.RefusedAsync("replaced", "has no pod yet", before: "replaced-1");
        string uid = await Cluster.CreatePodAsync(Space, "replaced", "replaced");
        await Cluster.SetStatusAsync(Space, "replaced", $"{second.Endpoint.Address}", ready: false);
        await gateway.UntilStatusAsync("replaced", "Starting", "PodNotReady");
        await Cluster.SetStatusAsync(Space, "replaced", $"{second.Endpoint.Address}", ready: true);

        await gateway.ReachesAsync("replaced", "replaced-2");
        JsonNode status = await gateway.UntilStatusAsync("replaced", "Ready", "EndpointReady");
        Assert.Equal(uid, status["endpoint"]!["podUID"]!.GetValue<string>());
        Assert.Equal("after", await open.EchoAsync("after"));
    }

    [ClusterLoginFact]
    public async Task An_address_that_went_to_another_pod_takes_no_logins_of_its_former_owners()
    {
        PodSshd former = await gateway.StartSshdAsync("former-pod", "former");
        await gateway.CreateSessionAsync("former", former.Endpoint.Port);
        await gateway.CreateSessionAsync("later", former.Endpoint.Port);
        await Cluster.CreatePodAsync(Space, "former", "former");
        await Cluster.SetStatusAsync(Space, "former", $"{former.Endpoint.Address}", ready: true, started: DateTimeOffset.UtcNow.AddMinutes(-1));
        await gateway.ReachesAsync("former", "former-pod");

        // Its node is lost, so that its pod still shows the address which another one has got.
        await former.StopAsync();
        PodSshd later = await gateway.StartSshdAsync("later-pod", "later", former.Endpoint);
        await gateway.CreateReadyPodAsync("later", "later", later);

        await gateway.ReachesAsync("later", "later-pod");
        await gateway.RefusedAsync("former", "does not connect to the address");
        await gateway.UntilStatusAsync("former", "Invalid", "AddressRefused");

        // The same pod, so the same host key: the first login has pinned it to the pod's uid.
        PodSshd moved = await gateway.StartSshdAsync("moved-pod", "former", new IPEndPoint(NewAddress(), former.Endpoint.Port), former.HostKeys);
        await Cluster.SetStatusAsync(Space, "former", $"{moved.Endpoint.Address}", ready: true);
        await gateway.ReachesAsync("former", "moved-pod");
        await gateway.ReachesAsync("later", "later-pod");
    }

    [ClusterLoginFact]
    public async Task An_address_stays_with_its_owner_when_a_late_report_of_its_former_one_arrives()
    {
        PodSshd owner = await gateway.StartSshdAsync("owner-pod", "owner");
        await gateway.CreateSessionAsync("owner", owner.Endpoint.Port);
        await gateway.CreateSessionAsync("stale", owner.Endpoint.Port);
        await gateway.CreateReadyPodAsync("owner", "owner", owner);
        await gateway.ReachesAsync("owner", "owner-pod");

        await Cluster.CreatePodAsync(Space, "stale", "stale");
        await Cluster.SetStatusAsync(Space, "stale", $"{owner.Endpoint.Address}", ready: true, started: DateTimeOffset.UtcNow.AddMinutes(-1));

        await gateway.UntilStatusAsync("stale", "Invalid", "AddressRefused");
        await gateway.RefusedAsync("stale", "does not connect to the address");
        await gateway.ReachesAsync("owner", "owner-pod");
        await gateway.UntilStatusAsync("owner", "Ready", "EndpointReady");
    }

    [ClusterLoginFact]
    public async Task Of_two_live_pods_none_gets_logins_until_one_is_gone()
    {
        PodSshd one = await gateway.StartSshdAsync("twice-1", "twice");
        PodSshd two = await gateway.StartSshdAsync("twice-2", "twice", new IPEndPoint(NewAddress(), one.Endpoint.Port));
        await gateway.CreateSessionAsync("twice", one.Endpoint.Port);
        await gateway.CreateReadyPodAsync("twice-1", "twice", one);
        await gateway.ReachesAsync("twice", "twice-1");

        await gateway.CreateReadyPodAsync("twice-2", "twice", two);

        await gateway.RefusedAsync("twice", "has more than one pod", before: "twice-1");
        JsonNode status = await gateway.UntilStatusAsync("twice", "Conflict", "Conflict");
        Assert.Equal("MultiplePods", KubernetesObjects.Condition(status, "PodBound")["reason"]!.GetValue<string>());
        await Cluster.DeletePodAsync(Space, "twice-1");
        await gateway.ReachesAsync("twice", "twice-2");
        await gateway.UntilStatusAsync("twice", "Ready", "EndpointReady");
    }

    [ClusterLoginFact]
    public async Task Of_two_sessions_that_name_one_pod_its_label_decides()
    {
        PodSshd sshd = await gateway.StartSshdAsync("shared-pod", "rightful");
        foreach (string id in new[] { "rightful", "greedy" })
        {
            await gateway.CreateSessionAsync(id, sshd.Endpoint.Port, change: spec => spec["pod"] = new JsonObject { ["name"] = "shared" });
        }

        await gateway.CreateReadyPodAsync("shared", "rightful", sshd);

        await gateway.ReachesAsync("rightful", "shared-pod");
        await gateway.RefusedAsync("greedy", "belongs to another session");
        JsonNode status = await gateway.UntilStatusAsync("greedy", "Conflict", "Conflict");
        Assert.Equal("ClaimedByOther", KubernetesObjects.Condition(status, "PodBound")["reason"]!.GetValue<string>());
    }

    [ClusterLoginFact]
    public async Task One_id_in_two_namespaces_is_the_first_sessions_and_nobody_inherits_it()
    {
        (string winner, string loser) = (Space, gateway.OtherSpace);
        PodSshd first = await gateway.StartSshdAsync(winner, "twin");
        await gateway.CreateSessionAsync("twin", first.Endpoint.Port, winner);
        await gateway.CreateReadyPodAsync("twin", "twin", first, winner);
        await gateway.ReachesAsync("twin", winner);
        PodSshd second = await gateway.StartSshdAsync(loser, "twin", new IPEndPoint(NewAddress(), first.Endpoint.Port));
        await gateway.CreateSessionAsync("twin", first.Endpoint.Port, loser);
        await gateway.CreateReadyPodAsync("twin", "twin", second, loser);

        JsonNode status = await gateway.UntilStatusAsync("twin", "Conflict", "SessionIDTaken", loser);
        Assert.Contains($"ClaudeSession {winner}/twin", Message(status), StringComparison.Ordinal);
        await gateway.UntilStatusAsync("twin", "Ready", "EndpointReady", winner);
        await gateway.ReachesAsync("twin", winner);

        // The operator that knew is gone when the winner goes. What is left is the status.
        await gateway.StopOperatorAsync();
        await Cluster.DeleteSessionAsync(winner, "twin");
        await gateway.StartOperatorAsync();
        await gateway.RefusedAsync("twin", "Permission denied (publickey)", before: winner);
        status = await Cluster.UntilStatusAsync(loser, "twin", "Conflict", "SessionIDTaken", s => !Message(s).Contains(winner, StringComparison.Ordinal));
        Assert.Contains("delete this session and create it anew", Message(status), StringComparison.Ordinal);
        await gateway.RefusedAsync("twin", "Permission denied (publickey)");

        await Cluster.DeleteSessionAsync(loser, "twin");
        await gateway.CreateSessionAsync("twin", first.Endpoint.Port, loser);
        await gateway.ReachesAsync("twin", loser);
        await gateway.UntilStatusAsync("twin", "Ready", "EndpointReady", loser);
        await Cluster.DeleteSessionAsync(loser, "twin");

        static string Message(JsonNode status) => KubernetesObjects.Condition(status, "Ready")["message"]!.GetValue<string>();
    }

    [ClusterLoginFact]
    public async Task Changed_keys_are_in_force_without_a_restart()
    {
        KeyPair next = await KeyPair.GenerateAsync(ScratchDirectory.New("user"), "next");
        PodSshd sshd = await gateway.StartSshdAsync("rekeyed-pod", "rekeyed");
        await gateway.CreateSessionAsync("rekeyed", sshd.Endpoint.Port);
        await gateway.CreateReadyPodAsync("rekeyed", "rekeyed", sshd);
        await gateway.ReachesAsync("rekeyed", "rekeyed-pod");
        await gateway.RefusedAsync("rekeyed", "Permission denied (publickey)", identity: next);

        await gateway.PatchSessionAsync("rekeyed", Keys(next.PublicLine));

        await gateway.ReachesAsync("rekeyed", "rekeyed-pod", identity: next);
        await gateway.RefusedAsync("rekeyed", "Permission denied (publickey)");

        // None that can be used: nobody is let in, and the status names the line.
        await gateway.PatchSessionAsync("rekeyed", Keys("ssh-ed25519 AAAA"));
        JsonNode status = await gateway.UntilStatusAsync("rekeyed", "Invalid", "InvalidKeys");
        Assert.Contains("spec.ssh.authorizedKeys[0]", KubernetesObjects.Condition(status, "KeysValid")["message"]!.GetValue<string>(), StringComparison.Ordinal);
        await gateway.RefusedAsync("rekeyed", "Permission denied (publickey)", identity: next);
        await gateway.PatchSessionAsync("rekeyed", Keys(gateway.UserKey.PublicLine));
        await gateway.ReachesAsync("rekeyed", "rekeyed-pod");
    }

    [ClusterLoginFact]
    public async Task Access_and_expiry_are_told_at_the_login_and_in_the_status()
    {
        PodSshd sshd = await gateway.StartSshdAsync("switched-pod", "switched");
        await gateway.CreateSessionAsync("switched", sshd.Endpoint.Port);
        await gateway.CreateReadyPodAsync("switched", "switched", sshd);
        await gateway.ReachesAsync("switched", "switched-pod");
        (string Field, string Value, string Sentence, string Phase, string Reason)[] changes =
        [
            ("access", "Draining", "accepts no new logins", "Draining", "Draining"),
            ("access", "Disabled", "Session switched is disabled", "Ended", "AccessDisabled"),
            ("expiresAt", "2020-01-01T00:00:00Z", "Session switched expired on 2020-01-01 at 00:00 UTC", "Ended", "Expired"),
        ];
        foreach ((string field, string value, string sentence, string phase, string reason) in changes)
        {
            await gateway.PatchSessionAsync("switched", new JsonObject { [field] = value });

            await gateway.RefusedAsync("switched", sentence, before: "switched-pod");
            await gateway.UntilStatusAsync("switched", phase, reason);
            await gateway.PatchSessionAsync("switched", new JsonObject { [field] = field == "access" ? "Enabled" : null });
            await gateway.ReachesAsync("switched", "switched-pod");
        }
    }

    // Argo CD prunes with foreground deletion, and a backup may hold a session by a finalizer.
    [ClusterLoginFact]
    public async Task A_session_that_is_being_deleted_takes_no_new_logins_and_says_so()
    {
        PodSshd sshd = await gateway.StartSshdAsync("leaving-pod", "leaving");
        await gateway.CreateSessionAsync("leaving", sshd.Endpoint.Port);
        await gateway.CreateReadyPodAsync("leaving", "leaving", sshd);
        await gateway.ReachesAsync("leaving", "leaving-pod");

        await gateway.Server.KubectlAsync("delete", "claudesession", "leaving", "-n", Space, "--cascade=foreground", "--wait=false");

        await gateway.RefusedAsync("leaving", "Session leaving is being deleted and accepts no new logins.", before: "leaving-pod");
        JsonNode status = await gateway.UntilStatusAsync("leaving", "Draining", "SessionTerminating");
        Assert.Equal("False", KubernetesObjects.Condition(status, "Ready")["status"]!.GetValue<string>());
        await gateway.Server.KubectlAsync(
            "patch", "claudesession", "leaving", "-n", Space, "--type=merge", "-p", """{"metadata": {"finalizers": null} }""");
        await gateway.RefusedAsync("leaving", "Permission denied (publickey)");
    }

    [ClusterLoginFact]
    public async Task A_pod_that_takes_no_logins_says_why_and_takes_them_once_it_may()
    {
        PodSshd sshd = await gateway.StartSshdAsync("moody-pod", "moody");
        string address = $"{sshd.Endpoint.Address}";
        await Cluster.CreatePodAsync(Space, "moody", "moody", pod => pod["metadata"]!["finalizers"] = new JsonArray("tests.example/held"));
        await Cluster.SetStatusAsync(Space, "moody", address, ready: false);
        await gateway.CreateSessionAsync("moody", sshd.Endpoint.Port);
        await gateway.UntilStatusAsync("moody", "Starting", "PodNotReady");
        await Cluster.SetStatusAsync(Space, "moody", address, ready: true);
        await gateway.ReachesAsync("moody", "moody-pod");

        await Cluster.DeletePodAsync(Space, "moody");
        await gateway.RefusedAsync("moody", "The pod of session moody is being deleted", before: "moody-pod");
        await gateway.UntilStatusAsync("moody", "Draining", "PodTerminating");
        await gateway.Server.KubectlAsync("patch", "pod", "moody", "-n", Space, "--type=merge", "-p", """{"metadata": {"finalizers": null} }""");
        await gateway.RefusedAsync("moody", "has no pod yet");

        // Each of these pods names an address at which the session's own sshd answers.
        await Cluster.CreatePodAsync(Space, "moody", "moody");
        await Cluster.SetStatusAsync(Space, "moody", address, ready: true, phase: "Failed");
        await gateway.UntilStatusAsync("moody", "Ended", "PodFailed");
        await gateway.RefusedAsync("moody", "The pod of session moody has ended");
        await Cluster.DeletePodAsync(Space, "moody");
        await Cluster.CreatePodAsync(Space, "moody", "moody", pod => pod["spec"]!["hostNetwork"] = true);
        await Cluster.SetStatusAsync(Space, "moody", address, ready: true);
        await gateway.UntilStatusAsync("moody", "Invalid", "AddressRefused");
        await gateway.RefusedAsync("moody", "does not connect to the address");
        await Cluster.DeletePodAsync(Space, "moody");
        await Cluster.CreatePodAsync(Space, "moody", session: null);
        await Cluster.SetStatusAsync(Space, "moody", address, ready: true);
        await gateway.PatchSessionAsync("moody", new JsonObject { ["pod"] = new JsonObject { ["name"] = "moody" } });
        JsonNode status = await gateway.UntilStatusAsync("moody", "Pending", "PodNotFound");
        Assert.Equal("LabelMismatch", KubernetesObjects.Condition(status, "PodBound")["reason"]!.GetValue<string>());
        await gateway.RefusedAsync("moody", "is not labelled as its own");
        await gateway.Server.KubectlAsync("label", "pod", "moody", "-n", Space, "tars.cloudwalk.network/session=moody");
        await gateway.ReachesAsync("moody", "moody-pod");
    }

    [ClusterLoginFact]
    public async Task Keys_in_one_place_open_all_sessions_of_a_person()
    {
        KeyPair laptop = await KeyPair.GenerateAsync(ScratchDirectory.New("user"), "laptop");
        KeyPair desk = await KeyPair.GenerateAsync(ScratchDirectory.New("user"), "desk");
        await Cluster.CreateKeysAsync(Space, "configmaps", "person", laptop.PublicLine);
        string[] ids = ["shared-keys-1", "shared-keys-2"];
        foreach (string id in ids)
        {
            PodSshd sshd = await gateway.StartSshdAsync($"{id}-pod", id);
            await gateway.CreateSessionAsync(id, sshd.Endpoint.Port, change: spec =>
            {
                spec["ssh"]!.AsObject().Remove("authorizedKeys");
                spec["ssh"]!["authorizedKeysFrom"] = new JsonArray(new JsonObject { ["configMapRef"] = new JsonObject { ["name"] = "person" } });
            });
            await gateway.CreateReadyPodAsync(id, id, sshd);
            await gateway.ReachesAsync(id, $"{id}-pod", identity: laptop);
            await gateway.RefusedAsync(id, "Permission denied (publickey)", identity: desk);
        }
        await using LineDialog open = LineDialog.Start(gateway.ClientOf(laptop), ids[0], "cat");
        Assert.Equal("before", await open.EchoAsync("before"));

        // A new key opens all of them, and the removed one none. What it has opened stays open, as with the spec's.
        await Cluster.SetKeysAsync(Space, "configmaps", "person", desk.PublicLine);
        foreach (string id in ids)
        {
            await gateway.ReachesAsync(id, $"{id}-pod", identity: desk);
            await gateway.RefusedAsync(id, "Permission denied (publickey)", before: $"{id}-pod", identity: laptop);
        }
        Assert.Equal("after", await open.EchoAsync("after"));

        await Cluster.DeleteKeysAsync(Space, "configmaps", "person");
        foreach (string id in ids)
        {
            await gateway.RefusedAsync(id, "Permission denied (publickey)", before: $"{id}-pod", identity: desk);
            await gateway.UntilStatusAsync(id, "Invalid", "InvalidKeys");
        }
        Assert.Equal("at last", await open.EchoAsync("at last"));
        await gateway.PatchSessionAsync(ids[0], Keys(desk.PublicLine));
        await gateway.ReachesAsync(ids[0], $"{ids[0]}-pod", identity: desk);
    }

    private static JsonObject Keys(string line) => new() { ["ssh"] = new JsonObject { ["authorizedKeys"] = new JsonArray(line) } };
}
