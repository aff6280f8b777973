using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Google.Protobuf;
using SshGateway.Feed;
using SshGateway.Feed.Client;
using SshGateway.Kubernetes.ApiServer;
using SshGateway.Kubernetes.Kubeconfig;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Kubernetes.Status;
using SshGateway.Operator.Model;
using SshGateway.Operator.Table;
using SshGateway.Ssh.Keys;
using SshGateway.Tests.Support.Kubernetes;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>What people and TARS see of a session, and who writes it.</summary>
[Collection(KubernetesGroup.Name)]
public sealed class StatusTests(KubernetesServer server)
{
    private KubernetesObjects Cluster => server.Admin;

    [KubernetesFact]
    public async Task The_status_tells_a_sessions_life()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using OperatorReplica replica = await OperatorReplica.StartAsync(server.Kubeconfig(), space);
        await Cluster.CreateSessionAsync(space, "abc12");
        JsonNode waiting = await StatusAsync(space, "abc12", "Pending", "WaitingForPod");
        Assert.Equal("False", Condition(waiting, "PodBound")["status"]!.GetValue<string>());
        Assert.Equal(1, waiting["observedGeneration"]!.GetValue<int>());
        Assert.Equal(1, waiting["authorizedKeyCount"]!.GetValue<int>());

        string uid = await Cluster.CreatePodAsync(space, "pod-1", "abc12", pod => pod["spec"]!["nodeName"] = "node-1");
        await StatusAsync(space, "abc12", "Starting", "PodNotReady");
        await Cluster.SetStatusAsync(space, "pod-1", "10.3.0.1", ready: true);
        JsonNode ready = await StatusAsync(space, "abc12", "Ready", "EndpointReady");
        Assert.Equal(
            ("pod-1", uid, "10.3.0.1", 2222, "node-1"),
            (ready["endpoint"]!["podName"]!.GetValue<string>(), ready["endpoint"]!["podUID"]!.GetValue<string>(), ready["endpoint"]!["ip"]!.GetValue<string>(),
            ready["endpoint"]!["port"]!.GetValue<int>(), ready["endpoint"]!["nodeName"]!.GetValue<string>()));
        Assert.All(["Ready", "PodBound", "PodReady", "KeysValid"], type => Assert.Equal("True", Condition(ready, type)["status"]!.GetValue<string>()));
        await server.KubectlAsync("wait", "-n", space, "--for=condition=Ready", "csess/abc12", "--timeout=30s");
        string[] columns = (await server.KubectlAsync("get", "claudesessions", "-n", space, "--no-headers")).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["abc12", "Ready", "True", "EndpointReady", "ada", "pod-1"], columns[..6]);

        await Cluster.SetStatusAsync(space, "pod-1", "10.3.0.1", ready: false);
        await StatusAsync(space, "abc12", "NotReady", "PodNotReady");
        await Cluster.PatchSessionAsync(space, "abc12", new JsonObject { ["spec"] = new JsonObject { ["access"] = "Disabled" } });
        JsonNode disabled = await StatusAsync(space, "abc12", "Ended", "AccessDisabled");
        Assert.Equal(2, disabled["observedGeneration"]!.GetValue<int>());
        await Cluster.PatchSessionAsync(space, "abc12", new JsonObject { ["spec"] = new JsonObject { ["access"] = "Enabled" } });
        await server.KubectlAsync("delete", "pod", "-n", space, "pod-1", "--force", "--grace-period=0", "--wait=false");
        JsonNode without = await StatusAsync(space, "abc12", "Pending", "WaitingForPod");
        Assert.Null(without["endpoint"]);
    }

    [KubernetesFact]
    public async Task A_session_that_cannot_route_says_why()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using OperatorReplica replica = await OperatorReplica.StartAsync(server.Kubeconfig(), space);
        await Cluster.CreateSessionAsync(space, "nokeys", s => s["spec"]!["ssh"]!["authorizedKeys"] = new JsonArray("ssh-ed25519 AAAA"));
        JsonNode invalid = await StatusAsync(space, "nokeys", "Invalid", "InvalidKeys");
        Assert.Contains("spec.ssh.authorizedKeys[0]", Condition(invalid, "KeysValid")["message"]!.GetValue<string>(), StringComparison.Ordinal);
        await Cluster.CreateSessionAsync(space, "expired", s => s["spec"]!["expiresAt"] = "2020-01-01T00:00:00Z");
        await StatusAsync(space, "expired", "Ended", "Expired");
        await Cluster.CreateSessionAsync(space, "soon", s => s["spec"]!["expiresAt"] = DateTimeOffset.UtcNow.AddSeconds(8).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
        await StatusAsync(space, "soon", "Ended", "Expired");
        await Cluster.CreateSessionAsync(space, "pulling");
        await Cluster.CreatePodAsync(space, "pulling", "pulling");
        await server.KubectlAsync("get", "pod", "-n", space, "pulling");
        await Cluster.SetWaitingAsync(space, "pulling", "ImagePullBackOff", "no such image");
        JsonNode pulling = await StatusAsync(space, "pulling", "Starting", "PodNotReady", s => Condition(s, "PodReady")["reason"]!.GetValue<string>() == "ImagePullBackOff");
        Assert.Contains("no such image", Condition(pulling, "Ready")["message"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [KubernetesFact]
    public async Task A_session_without_sshd_is_ready_when_its_container_is()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using OperatorReplica replica = await OperatorReplica.StartAsync(server.Kubeconfig(), space);
        await Cluster.CreateSessionAsync(space, "missing", s => (s["spec"]!["backend"], s["spec"]!["exec"]) = ("Exec", new JsonObject { ["container"] = "shell" }));
        await Cluster.CreatePodAsync(space, "missing", "missing");
        JsonNode missing = await StatusAsync(space, "missing", "Invalid", "ContainerMissing");
        Assert.Contains("pod missing has no container shell", Condition(missing, "Ready")["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Null(missing["endpoint"]);

        await Cluster.CreateSessionAsync(space, "abc12", s => s["spec"]!["backend"] = "Exec");
        await Cluster.CreatePodAsync(space, "pod-1", "abc12");
        await Cluster.SetStatusAsync(space, "pod-1", "10.3.1.1", ready: true);
        await Cluster.SetRunningAsync(space, "pod-1", ready: false);
        await StatusAsync(space, "abc12", "Starting", "PodNotReady");
        // Another container may fail; here the pod's own condition.
        await Cluster.SetStatusAsync(space, "pod-1", "10.3.1.1", ready: false);
        await Cluster.SetRunningAsync(space, "pod-1", ready: true);
        JsonNode ready = await StatusAsync(space, "abc12", "Ready", "EndpointReady");
        Assert.Equal("10.3.1.1", ready["endpoint"]!["ip"]!.GetValue<string>());
        Assert.Null(ready["endpoint"]!["port"]);
        Assert.Contains("container claude of pod pod-1", Condition(ready, "Ready")["message"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [KubernetesFact]
    public async Task Each_change_of_the_reason_is_an_event()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using OperatorReplica replica = await OperatorReplica.StartAsync(server.Kubeconfig(), space);
        await Cluster.CreateSessionAsync(space, "abc12");
        await StatusAsync(space, "abc12", "Pending", "WaitingForPod");
        await Cluster.CreatePodAsync(space, "pod-1", "abc12", pod => pod["spec"]!["hostNetwork"] = true);
        await Cluster.SetStatusAsync(space, "pod-1", "10.3.0.2", ready: true);
        await StatusAsync(space, "abc12", "Invalid", "AddressRefused");
        string events = "";
        await Eventually.TrueAsync(
            async () =>
            {
                events = await server.KubectlAsync(
                    "get", "events.events.k8s.io", "-n", space, "-o", "jsonpath={range .items[*]}{.regarding.kind} {.regarding.name} {.type} {.reason}: {.note}{\"\\n\"}{end}");
                return events.Contains("Warning AddressRefused", StringComparison.Ordinal);
            },
            () => events);
        Assert.Contains("ClaudeSession abc12 Normal WaitingForPod: no pod of the namespace", events, StringComparison.Ordinal);
    }

    [KubernetesFact]
    public async Task Logins_that_are_refused_again_and_again_are_an_event_and_no_condition()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using OperatorReplica replica = await OperatorReplica.StartAsync(server.Kubeconfig(), space);
        await Cluster.CreateSessionAsync(space, "abc12");
        await StatusAsync(space, "abc12", "Pending", "WaitingForPod");
        var report = new Activity
        {
            Refused =
            {
                new LoginRefusals { SessionId = "abc12", Count = 5, Reason = nameof(KeyRefusal.NotAuthorized), KeyFingerprint = "SHA256:oldkey" },
                new LoginRefusals { SessionId = "unknown", Count = 5, Reason = nameof(KeyRefusal.NotAuthorized), KeyFingerprint = "SHA256:oldkey" },
            },
        };
        using OperatorStream proxy = await ReportAsync(replica, "proxy-1", report);

        string described = "";
        await Eventually.TrueAsync(
            async () =>
            {
                described = await server.KubectlAsync("describe", "claudesession", "-n", space, "abc12");
                return described.Contains("LoginsRefused", StringComparison.Ordinal);
            },
            () => described);
        Assert.Matches(@"Warning +LoginsRefused .* 5 logins refused within 10 seconds: the session does not list the key \(SHA256:oldkey\)", described);
        await StatusAsync(space, "abc12", "Pending", "WaitingForPod", status => status["conditions"]!.AsArray().Count == 4);
        Assert.DoesNotContain("unknown", await server.KubectlAsync("get", "events", "-n", space), StringComparison.Ordinal);
    }

    [KubernetesFact]
    public async Task Connections_and_last_use_are_what_the_proxies_report()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using OperatorReplica replica = await OperatorReplica.StartAsync(server.Kubeconfig(), space);
        await Cluster.CreateSessionAsync(space, "abc12");
        JsonNode unused = await StatusAsync(space, "abc12", "Pending", "WaitingForPod");
        Assert.Equal((null, null), (unused["connections"], unused["lastActivityTime"]));
        DateTimeOffset used = DateTimeOffset.UtcNow.AddMinutes(-1);
        using OperatorStream one = await ReportAsync(replica, "proxy-1", Used(("abc12", 2, used), ("another", 7, used)));
        using OperatorStream two = await ReportAsync(replica, "proxy-2", Used(("abc12", 1, used.AddSeconds(-30))));

        JsonNode busy = await StatusAsync(space, "abc12", "Pending", "WaitingForPod", s => s["connections"]?.GetValue<int>() == 3);
        Assert.Equal(used.ToUnixTimeSeconds(), busy["lastActivityTime"]!.GetValue<DateTimeOffset>().ToUnixTimeSeconds());
        string[] columns = (await server.KubectlAsync("get", "claudesessions", "-n", space, "--no-headers")).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("3", columns);

        DateTimeOffset left = DateTimeOffset.UtcNow;
        await two.WriteAsync(new ProxyMessage { Activity = Used(("abc12", 0, left)) });
        JsonNode after = await StatusAsync(space, "abc12", "Pending", "WaitingForPod", s => s["connections"]!.GetValue<int>() == 2);
        Assert.Equal(left.ToUnixTimeSeconds(), after["lastActivityTime"]!.GetValue<DateTimeOffset>().ToUnixTimeSeconds());
    }

    [KubernetesFact]
    public async Task A_host_key_that_a_proxy_met_is_the_pods_and_another_one_is_a_mismatch()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using OperatorReplica replica = await OperatorReplica.StartAsync(server.Kubeconfig(), space);
        await Cluster.CreateSessionAsync(space, "abc12");
        string uid = await Cluster.CreatePodAsync(space, "pod-1", "abc12");
        await Cluster.SetStatusAsync(space, "pod-1", "10.3.0.9", ready: true);
        await StatusAsync(space, "abc12", "Ready", "EndpointReady");
        SshPublicKey key = Ed25519PrivateKey.Generate().PublicKey;
        SshPublicKey other = Ed25519PrivateKey.Generate().PublicKey;
        using OperatorStream call = await ReportAsync(replica, "proxy-1", Used());

        await call.WriteAsync(Learned(uid, key));
        await StatusAsync(space, "abc12", "Ready", "EndpointReady", s => s["endpoint"]!["hostKeyFingerprints"]?[0]?.GetValue<string>() == key.Fingerprint);
        using (TableSubscription entries = replica.Table.Subscribe())
        {
            Assert.Equal(key.Blob.ToArray(), Assert.Single(Entry.Parser.ParseFrom(Assert.Single(entries.Snapshot!).Wire.Span).HostKeys).ToByteArray());
        }

        await call.WriteAsync(
            new ProxyMessage { HostKeyMismatch = new HostKeyMismatch { SessionId = "abc12", PodUid = uid, Reason = "HostKeyMismatch", HostKeyFingerprint = other.Fingerprint } });
        JsonNode mismatch = await StatusAsync(space, "abc12", "Invalid", "HostKeyMismatch");
        string message = Condition(mismatch, "Ready")["message"]!.GetValue<string>();
        Assert.Contains(key.Fingerprint, message, StringComparison.Ordinal);
        Assert.Contains($"{other.Fingerprint} to proxy proxy-1", message, StringComparison.Ordinal);
        string events = "";
        using var expiry = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!events.Contains("Warning HostKeyMismatch", StringComparison.Ordinal))
        {
            Assert.False(expiry.IsCancellationRequested, events);
            events = await server.KubectlAsync("get", "events.events.k8s.io", "-n", space, "-o", "jsonpath={range .items[*]}{.type} {.reason}{\"\\n\"}{end}");
        }
    }

    [KubernetesFact]
    public async Task A_host_key_that_was_learned_wrongly_is_forgotten_by_an_annotation()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await Cluster.CreateSessionAsync(space, "abc12");
        string uid = await Cluster.CreatePodAsync(space, "pod-1", "abc12");
        await Cluster.SetStatusAsync(space, "pod-1", "10.3.0.12", ready: true);
        SshPublicKey wrong = Ed25519PrivateKey.Generate().PublicKey;
        SshPublicKey right = Ed25519PrivateKey.Generate().PublicKey;
        await using OperatorReplica replica = await OperatorReplica.StartAsync(server.Kubeconfig(), space);
        await StatusAsync(space, "abc12", "Ready", "EndpointReady");
        using OperatorStream call = await ReportAsync(replica, "proxy-1", Used());
        // Reports on another pod than the session's teach nothing.
        await call.WriteAsync(Learned(Guid.NewGuid().ToString(), right));
        await call.WriteAsync(Learned(uid, wrong));
        await StatusAsync(space, "abc12", "Ready", "EndpointReady", s => Fingerprint(s) == wrong.Fingerprint && s["endpoint"]!["hostKeyReportedBy"]!.GetValue<string>() == "proxy-1");

        // As docs/tars.md says.
        const string Annotation = "tars.cloudwalk.network/forget-host-key";
        await server.KubectlAsync("annotate", "-n", space, "claudesession/abc12", $"{Annotation}={wrong.Fingerprint}");
        await StatusAsync(space, "abc12", "Ready", "EndpointReady", s => Fingerprint(s) is null && s["endpoint"]!["hostKeyReportedBy"] is null);
        Entry entry = Entry.Parser.ParseFrom(replica.Table.Find("abc12")!.Wire.Span);
        Assert.Empty(entry.HostKeys);
        Assert.Equal(SHA256.HashData(wrong.Blob.Span), entry.ForgottenHostKeySha256.ToByteArray());

        // The pod shows the wrong key again, to a proxy that refuses it.
        await call.WriteAsync(
            new ProxyMessage { HostKeyMismatch = new HostKeyMismatch { SessionId = "abc12", PodUid = uid, Reason = "HostKeyMismatch", HostKeyFingerprint = wrong.Fingerprint } });
        await StatusAsync(space, "abc12", "Invalid", "HostKeyMismatch");

        // A proxy that has not heard of it yet does not bring it back, and the next key is learned.
        await call.WriteAsync(Learned(uid, wrong));
        await call.WriteAsync(Learned(uid, right));
        await Eventually.TrueAsync(
            () => Entry.Parser.ParseFrom(replica.Table.Find("abc12")!.Wire.Span).HostKeys is [{ } sent] && sent.Span.SequenceEqual(right.Blob.Span), "the right key is sent");
        await server.KubectlAsync("annotate", "-n", space, "claudesession/abc12", $"{Annotation}-");
        await StatusAsync(space, "abc12", "Invalid", "HostKeyMismatch", s => Fingerprint(s) == right.Fingerprint);
        Assert.True(Entry.Parser.ParseFrom(replica.Table.Find("abc12")!.Wire.Span) is { HostKeys.Count: 1, ForgottenHostKeySha256.IsEmpty: true });
    }

    private static string? Fingerprint(JsonNode status) => status["endpoint"]!["hostKeyFingerprints"]?[0]?.GetValue<string>();

    [KubernetesFact]
    public async Task A_host_key_outlives_all_operators_and_proxies_by_its_fingerprint_in_status()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await Cluster.CreateSessionAsync(space, "abc12");
        string uid = await Cluster.CreatePodAsync(space, "pod-1", "abc12");
        await Cluster.SetStatusAsync(space, "pod-1", "10.3.0.10", ready: true);
        SshPublicKey key = Ed25519PrivateKey.Generate().PublicKey;
        SshPublicKey other = Ed25519PrivateKey.Generate().PublicKey;
        await using (OperatorReplica first = await OperatorReplica.StartAsync(server.Kubeconfig(), space))
        {
            await StatusAsync(space, "abc12", "Ready", "EndpointReady");
            using OperatorStream call = await ReportAsync(first, "proxy-1", Used());
            await call.WriteAsync(Learned(uid, key));
            await StatusAsync(space, "abc12", "Ready", "EndpointReady", s => s["endpoint"]!["hostKeyFingerprints"]?[0]?.GetValue<string>() == key.Fingerprint);
        }

        await using OperatorReplica second = await OperatorReplica.StartAsync(server.Kubeconfig(), space);
        await Eventually.TrueAsync(() => second.Table.IsFilled, "the second operator has read the cluster");
        Entry entry = Entry.Parser.ParseFrom(second.Table.Find("abc12")!.Wire.Span);
        Assert.Empty(entry.HostKeys);
        Assert.Equal(SHA256.HashData(key.Blob.Span), entry.HostKeySha256.ToByteArray());

        // What a proxy would have learned without it is a mismatch now, and the status keeps what it said.
        using OperatorStream reports = await ReportAsync(second, "proxy-2", Used());
        await reports.WriteAsync(Learned(uid, other));
        JsonNode mismatch = await StatusAsync(space, "abc12", "Invalid", "HostKeyMismatch");
        Assert.Equal(key.Fingerprint, Assert.Single(mismatch["endpoint"]!["hostKeyFingerprints"]!.AsArray())!.GetValue<string>());

        // Another pod is another matter.
        await Cluster.DeletePodAsync(space, "pod-1");
        await Cluster.CreatePodAsync(space, "pod-1", "abc12");
        await Cluster.SetStatusAsync(space, "pod-1", "10.3.0.11", ready: true);
        await StatusAsync(space, "abc12", "Ready", "EndpointReady", s => s["endpoint"]!["hostKeyFingerprints"] is null);
        Assert.True(Entry.Parser.ParseFrom(second.Table.Find("abc12")!.Wire.Span).HostKeySha256.IsEmpty);
    }

    private static ProxyMessage Learned(string podUid, SshPublicKey key) =>
        new() { LearnedHostKey = new LearnedHostKey { SessionId = "abc12", PodUid = podUid, Key = ByteString.CopyFrom(key.Blob.Span) } };

    private static async Task<OperatorStream> ReportAsync(OperatorReplica replica, string proxyId, Activity first)
    {
        var call = new OperatorStream(new Uri($"http://127.0.0.1:{replica.FeedPort}"), null, null, CancellationToken.None);
        await call.WriteAsync(new ProxyMessage { Hello = new Hello { ProxyId = proxyId, ReportsOnly = true } });
        first.Full = true;
        await call.WriteAsync(new ProxyMessage { Activity = first });
        return call;
    }

    private static Activity Used(params (string Id, uint Connections, DateTimeOffset LastActivity)[] sessions) => new()
    {
        Sessions = { sessions.Select(s => new SessionActivity { SessionId = s.Id, Connections = s.Connections, LastActivity = s.LastActivity.ToUnixTimeSeconds() }) },
    };

    [KubernetesFact]
    public async Task A_writer_that_is_behind_does_not_win()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await Cluster.CreateSessionAsync(space, "abc12");
        JsonNode seen = await Cluster.ReadSessionAsync(space, "abc12");
        var stale = new ClaudeSession
        {
            Metadata = new ObjectMeta
            {
                Name = "abc12",
                Namespace = space,
                Uid = seen["metadata"]!["uid"]!.GetValue<string>(),
                ResourceVersion = seen["metadata"]!["resourceVersion"]!.GetValue<string>(),
            },
        };
        await Cluster.PatchSessionAsync(space, "abc12", new JsonObject { ["spec"] = new JsonObject { ["access"] = "Draining" } });
        using var api = new ApiClient(ApiConnection.Open(KubeconfigReader.Read(server.Kubeconfig(), TimeProvider.System)), TimeProvider.System);
        ApiException refused = await Assert.ThrowsAsync<ApiException>(() => StatusPatch.SendAsync(api, stale, new SessionStatus { Phase = "Ready" }, CancellationToken.None));
        Assert.Equal(409, refused.Status.Code);
    }

    private Task<JsonNode> StatusAsync(string space, string id, string phase, string reason, Func<JsonNode, bool>? condition = null) =>
        Cluster.UntilStatusAsync(space, id, phase, reason, condition);

    private static JsonNode Condition(JsonNode status, string type) => KubernetesObjects.Condition(status, type);
}
