using System.Text.Json.Nodes;
using SshGateway.Feed;
using SshGateway.Feed.Client;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Kubernetes;
using SshGateway.Tests.Support.Kubernetes.FaultProxy;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>How the status on a real API server asks for pods, by what proxies report.</summary>
[Collection(KubernetesGroup.Name)]
public sealed class WakeTests(KubernetesServer server)
{
    private KubernetesObjects Cluster => server.Admin;

    [KubernetesFact]
    public async Task A_login_that_waits_is_a_condition_and_an_event_until_the_pod_is_ready()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using OperatorReplica replica = await OperatorReplica.StartAsync(server.Kubeconfig(), space);
        await Cluster.CreateSessionAsync(space, "abc12");
        await Cluster.UntilStatusAsync(space, "abc12", "Pending", "WaitingForPod", s => s["conditions"]!.AsArray().Count == 4);
        using OperatorStream proxy = await ReportAsync(replica, "proxy-1", "abc12", "unknown");

        JsonNode asked = await WakeAsync(space, "abc12", "True");
        JsonNode wake = KubernetesObjects.Condition(asked, "WakeRequested");
        Assert.Equal("LoginWaiting", wake["reason"]!.GetValue<string>());
        Assert.Matches("^a login has waited for the session's pod since 20[0-9-]+T[0-9:]+Z$", wake["message"]!.GetValue<string>());
        await server.KubectlAsync("wait", "-n", space, "--for=condition=WakeRequested", "csess/abc12", "--timeout=30s");
        await EventAsync(space, "Normal WakeRequested: a login has waited for the session's pod since");

        await Cluster.CreatePodAsync(space, "pod-1", "abc12");
        await Cluster.UntilStatusAsync(space, "abc12", "Starting", "PodNotReady", s => IsWake(s, "True"));
        await Cluster.SetStatusAsync(space, "pod-1", "10.3.0.1", ready: true);
        // In the same write.
        JsonNode ready = await Cluster.UntilStatusAsync(space, "abc12", "Ready", "EndpointReady");
        Assert.Equal("SessionReady", KubernetesObjects.Condition(ready, "WakeRequested")["reason"]!.GetValue<string>());
    }

    [KubernetesFact]
    public async Task A_suspended_session_is_asked_for_although_its_pod_is_still_there()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using OperatorReplica replica = await OperatorReplica.StartAsync(server.Kubeconfig(), space);
        await Cluster.CreateSessionAsync(space, "abc12", s => s["spec"]!["suspend"] = true);
        await Cluster.CreatePodAsync(space, "pod-1", "abc12");
        await Cluster.SetStatusAsync(space, "pod-1", "10.3.0.1", ready: true);
        JsonNode suspended = await Cluster.UntilStatusAsync(space, "abc12", "Suspended", "Suspended");
        Assert.Null(suspended["endpoint"]);
        using OperatorStream proxy = await ReportAsync(replica, "proxy-1", "abc12");
        await WakeAsync(space, "abc12", "True");

        await Cluster.PatchSessionAsync(space, "abc12", new JsonObject { ["spec"] = new JsonObject { ["suspend"] = false } });

        await Cluster.UntilStatusAsync(space, "abc12", "Ready", "EndpointReady", s => IsWake(s, "False"));
    }

    // The proxies report to both.
    [KubernetesFact]
    public async Task Only_the_leader_asks_and_its_successor_goes_on_with_it()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using var counted = new FaultyProxy(server.Port, isPlain: true);
        await using OperatorReplica leader = await OperatorReplica.StartAsync(server.Kubeconfig(), space);
        await Eventually.TrueAsync(() => leader.IsLeader, "the first replica leads");
        await using OperatorReplica other = await OperatorReplica.StartAsync(server.Kubeconfig(counted.Address), space);
        await Cluster.CreateSessionAsync(space, "abc12");
        await Cluster.CreateSessionAsync(space, "late");
        await Cluster.UntilStatusAsync(space, "late", "Pending", "WaitingForPod");
        using OperatorStream toOther = await ReportAsync(other, "proxy-1", "abc12");
        using OperatorStream toLeader = await ReportAsync(leader, "proxy-1", "abc12");

        await WakeAsync(space, "abc12", "True");
        Assert.DoesNotContain(counted.Requests, r => r.Line.Contains("/claudesessions/", StringComparison.Ordinal));

        await toOther.WriteAsync(Wanted("abc12", "late"));
        await leader.DisposeAsync();
        await WakeAsync(space, "late", "True");
        JsonNode status = (await Cluster.ReadSessionAsync(space, "abc12"))["status"]!;
        Assert.True(IsWake(status, "True"), status.ToString());
    }

    [KubernetesFact]
    public async Task A_session_with_wake_Never_is_not_asked_for()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using OperatorReplica replica = await OperatorReplica.StartAsync(server.Kubeconfig(), space);
        await Cluster.CreateSessionAsync(space, "never", s => s["spec"]!["wake"] = "Never");
        await Cluster.CreateSessionAsync(space, "abc12");
        await Cluster.UntilStatusAsync(space, "never", "Pending", "WaitingForPod");
        using OperatorStream proxy = await ReportAsync(replica, "proxy-1", "never", "abc12");

        await WakeAsync(space, "abc12", "True");

        await Cluster.PatchSessionAsync(space, "never", new JsonObject { ["spec"] = new JsonObject { ["suspend"] = true } });
        await Cluster.UntilStatusAsync(space, "never", "Suspended", "Suspended", s => s["conditions"]!.AsArray().Count == 4);
    }

    private Task<JsonNode> WakeAsync(string space, string id, string status) =>
        Cluster.UntilStatusAsync(space, id, $"WakeRequested={status}", s => IsWake(s, status));

    private async Task EventAsync(string space, string expected)
    {
        string events = "";
        await Eventually.TrueAsync(
            async () =>
            {
                events = await server.KubectlAsync(
                    "get", "events.events.k8s.io", "-n", space, "-o", "jsonpath={range .items[*]}{.type} {.reason}: {.note}{\"\\n\"}{end}");
                return events.Contains(expected, StringComparison.Ordinal);
            },
            () => events);
    }

    private static bool IsWake(JsonNode status, string expected) =>
        status["conditions"]!.AsArray().Any(c => c!["type"]!.GetValue<string>() == "WakeRequested" && c["status"]!.GetValue<string>() == expected);

    private static async Task<OperatorStream> ReportAsync(OperatorReplica replica, string proxyId, params string[] sessions)
    {
        var call = new OperatorStream(new Uri($"http://127.0.0.1:{replica.FeedPort}"), null, null, CancellationToken.None);
        await call.WriteAsync(new ProxyMessage { Hello = new Hello { ProxyId = proxyId, ReportsOnly = true } });
        await call.WriteAsync(Wanted(sessions));
        return call;
    }

    private static ProxyMessage Wanted(params string[] sessions) => new()
    {
        Activity = new Activity
        {
            Wanted = new Wanted { Sessions = { sessions.Select(id => new WantedSession { SessionId = id, Since = DateTimeOffset.UtcNow.ToUnixTimeSeconds() }) } },
        },
    };
}
