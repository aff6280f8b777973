using System.Globalization;
using System.Text.Json.Nodes;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Kubernetes;
using SshGateway.Tests.Support.Kubernetes.FaultProxy;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>Sessions with spec.ttlAfterExpiry on a real API server.</summary>
[Collection(KubernetesGroup.Name)]
public sealed class ExpiredSessionTests(KubernetesServer server)
{
    private KubernetesObjects Cluster => server.Admin;

    [KubernetesFact]
    public async Task The_leader_deletes_a_session_when_its_time_after_expiry_is_over_and_no_other()
    {
        string space = await Cluster.CreateNamespaceAsync();
        DateTimeOffset now = DateTimeOffset.UtcNow;
        await using var proxy = new FaultyProxy(server.Port, isPlain: true);
        await using OperatorReplica leader = await OperatorReplica.StartAsync(server.Kubeconfig(proxy.Address), space);
        await Eventually.TrueAsync(() => leader.IsLeader, "the replica leads");
        await CreateAsync(space, "long-over", now.AddHours(-2), "1h");
        await CreateAsync(space, "ends-soon", now.AddSeconds(3), "0s");
        await CreateAsync(space, "not-yet", now.AddHours(-2), "3h");
        await CreateAsync(space, "never", now.AddHours(-2), null);
        await CreateAsync(space, "no-expiry", null, "0s");

        await Eventually.TrueAsync(
            async () => await server.KubectlAsync("get", "csess", "-n", space, "-o", "jsonpath={.items[*].metadata.name}") == "never no-expiry not-yet",
            "other sessions are left");
        // More than one for a session whose status was written at the same moment.
        Assert.DoesNotContain(proxy.Requests, r => r.Line.StartsWith("DELETE ", StringComparison.Ordinal)
            && !r.Line.Contains("/long-over", StringComparison.Ordinal) && !r.Line.Contains("/ends-soon", StringComparison.Ordinal));
    }

    [KubernetesFact]
    public async Task A_session_that_is_extended_at_the_last_moment_stays()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using var proxy = new FaultyProxy(server.Port, isPlain: true);
        await using OperatorReplica leader = await OperatorReplica.StartAsync(server.Kubeconfig(proxy.Address), space);
        await Eventually.TrueAsync(() => leader.IsLeader, "the replica leads");
        await CreateAsync(space, "abc12", DateTimeOffset.UtcNow.AddHours(1), "0s");
        await Cluster.UntilStatusAsync(space, "abc12", "Pending", "WaitingForPod");

        // It expires, and the server is busy. It is extended, and the operator does not hear of it before the server
        // answers again.
        proxy.AnswerTo("DELETE ", "503 Service Unavailable", "not now");
        await ExtendAsync(space, DateTimeOffset.UtcNow.AddHours(-1));
        await Eventually.TrueAsync(() => Deletions(proxy) > 0, "a deletion is sent");
        // The status makes another version, which the operator hears of and tries to delete.
        await Cluster.UntilStatusAsync(space, "abc12", "Ended", "Expired");
        int refused = Deletions(proxy);
        await Eventually.TrueAsync(() => Deletions(proxy) > refused, "the deletion is not retried");
        proxy.HoldAnswersTo("watch=");
        await ExtendAsync(space, DateTimeOffset.UtcNow.AddHours(1));
        proxy.AnswerNothing();
        int sent = Deletions(proxy);
        await Eventually.TrueAsync(() => Deletions(proxy) > sent, "another deletion is sent");
        proxy.ReleaseAnswers();

        await Cluster.UntilStatusAsync(space, "abc12", "Pending", "WaitingForPod");
        Assert.Equal(sent + 1, Deletions(proxy));
    }

    [KubernetesFact]
    public async Task Without_the_permission_the_session_is_deleted_when_it_may_be()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using var proxy = new FaultyProxy(server.Port, isPlain: true);
        proxy.AnswerTo($"DELETE /apis/tars.cloudwalk.network/v1alpha1/namespaces/{space}/claudesessions/abc12", "403 Forbidden", "cannot delete", times: 2);
        await using OperatorReplica replica = await OperatorReplica.StartAsync(server.Kubeconfig(proxy.Address), space);
        await CreateAsync(space, "abc12", DateTimeOffset.UtcNow.AddHours(-1), "0s");

        await Eventually.TrueAsync(async () => await server.KubectlAsync("get", "csess", "-n", space, "-o", "name") == "", "the session stays");
        Assert.Equal(3, Deletions(proxy));
    }

    private static int Deletions(FaultyProxy proxy) => proxy.Requests.Count(r => r.Line.StartsWith("DELETE ", StringComparison.Ordinal));

    private static string Write(DateTimeOffset time) => time.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private Task CreateAsync(string space, string id, DateTimeOffset? expiresAt, string? ttlAfterExpiry) =>
        Cluster.CreateSessionAsync(space, id, session =>
        {
            if (expiresAt is { } end)
            {
                session["spec"]!["expiresAt"] = Write(end);
            }
            if (ttlAfterExpiry is not null)
            {
                session["spec"]!["ttlAfterExpiry"] = ttlAfterExpiry;
            }
        });

    private Task ExtendAsync(string space, DateTimeOffset end) =>
        Cluster.PatchSessionAsync(space, "abc12", new() { ["spec"] = new JsonObject { ["expiresAt"] = Write(end) } });
}
