using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Kubernetes.ApiServer;
using SshGateway.Kubernetes.Kubeconfig;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Kubernetes.Leadership;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Kubernetes;
using SshGateway.Tests.Support.Kubernetes.FaultProxy;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>Of several replicas one writes, whatever happens to it.</summary>
[Collection(KubernetesGroup.Name)]
public sealed class LeadershipTests(KubernetesServer server)
{
    private KubernetesObjects Cluster => server.Admin;

    [KubernetesFact]
    public async Task Of_two_replicas_one_writes_and_the_other_takes_over()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using var proxy = new FaultyProxy(server.Port);
        await using OperatorReplica first = await OperatorReplica.StartAsync(server.Kubeconfig(proxy.Address), space);
        await Eventually.TrueAsync(() => first.IsLeader, "the first replica leads");
        await using OperatorReplica second = await OperatorReplica.StartAsync(server.Kubeconfig(), space);
        await Cluster.CreateSessionAsync(space, "abc12");
        await PhaseAsync(space, "Pending");
        Assert.Equal((true, false), (first.IsLeader, second.IsLeader));

        // The leader hears and says nothing any more: it must have stopped before the other begins.
        await proxy.RefuseAsync();
        proxy.Cut();
        await OnlySecondLeadsAsync(first, second);
        Assert.False(first.IsLeader);
        await AccessAsync(space, "Draining");
        await PhaseAsync(space, "Draining");

        proxy.Accept();
        await AccessAsync(space, "Disabled");
        await PhaseAsync(space, "Ended");
        Assert.Equal((false, true), (first.IsLeader, second.IsLeader));
        await second.DisposeAsync();
        await Eventually.TrueAsync(() => first.IsLeader, "the lease was given back, so the first replica leads again");
    }

    [KubernetesFact]
    public async Task A_lease_can_be_taken_at_a_whole_second()
    {
        string space = await Cluster.CreateNamespaceAsync();
        using HttpClient http = ApiConnection.Open(KubeconfigReader.Read(server.Kubeconfig(), TimeProvider.System));
        // As the library's serializer writes it: the API server takes a MicroTime with six digits only.
        string json = """{"metadata": {"name": "other"}, "spec": {"renewTime": "2026-01-01T00:00:00Z"}}""";
        var leases = new Uri($"apis/coordination.k8s.io/v1/namespaces/{space}/leases", UriKind.Relative);
        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        using HttpResponseMessage refused = await http.PostAsync(leases, body);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);

        using var api = new ApiClient(ApiConnection.Open(KubeconfigReader.Read(server.Kubeconfig(), TimeProvider.System)), TimeProvider.System);
        var time = new ManualTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var lease = new LeaseElection(api, new LeaseSettings(space, "tests"), time, NullLogger<LeaseElection>.Instance);
        using var ending = new CancellationTokenSource();
        Task running = lease.RunAsync(ending.Token);
        await Eventually.TrueAsync(() => lease.IsHeld, "the lease is held");
        await ending.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    [KubernetesFact]
    public async Task A_leader_whose_packets_are_lost_stops_by_itself()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using var proxy = new FaultyProxy(server.Port);
        await using OperatorReplica first = await OperatorReplica.StartAsync(server.Kubeconfig(proxy.Address), space);
        await Eventually.TrueAsync(() => first.IsLeader, "the first replica leads");
        await using OperatorReplica second = await OperatorReplica.StartAsync(server.Kubeconfig(), space);
        // Nothing fails: its requests are simply not answered.
        proxy.Silence();
        proxy.Freeze();
        await OnlySecondLeadsAsync(first, second);
        Assert.False(first.IsLeader);
    }

    [KubernetesFact]
    public async Task A_leader_that_slept_longer_than_its_lease_writes_nothing_when_it_wakes()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using var proxy = new FaultyProxy(server.Port, isPlain: true);
        await using ServerProcess sleeper = StartProcess(server.Kubeconfig(proxy.Address), space);
        await Eventually.TrueAsync(() => Says(sleeper, "is the leader and writes"), "the process leads");
        await Cluster.CreateSessionAsync(space, "abc12");
        await PhaseAsync(space, "Pending");

        await sleeper.PauseAsync();
        await using OperatorReplica second = await OperatorReplica.StartAsync(server.Kubeconfig(), space);
        await AccessAsync(space, "Draining");
        await PhaseAsync(space, "Draining");
        Assert.True(second.IsLeader);
        int before = StatusWrites(proxy);

        // It wakes with the news of its last moment unread and a lease that it had not yet seen end.
        await sleeper.ResumeAsync();
        await Eventually.TrueAsync(() => Says(sleeper, "is no longer the leader"), "it saw that it lost the lease");
        await AccessAsync(space, "Disabled");
        await PhaseAsync(space, "Ended");
        Assert.True(second.IsLeader);
        Assert.Equal(before, StatusWrites(proxy));
    }

    private static ServerProcess StartProcess(string kubeconfig, string space)
    {
        string[] command = GatewayProgram.Command(
            "operator", "--Operator:Source=Kubernetes", $"--Operator:Kubeconfig={kubeconfig}", $"--Operator:Namespaces:0={space}", $"--Operator:LeaseNamespace={space}",
            "--Operator:FeedListen=127.0.0.1:0", "--Operator:FeedInsecure=true", "--Operator:HttpListen=127.0.0.1:0");
        return new ServerProcess(command[0], command[1..]);
    }

    private static int StatusWrites(FaultyProxy proxy) => proxy.Requests.Count(r => r.Line.Contains("/claudesessions/abc12/status", StringComparison.Ordinal));

    private Task AccessAsync(string space, string access) =>
        Cluster.PatchSessionAsync(space, "abc12", new JsonObject { ["spec"] = new JsonObject { ["access"] = access } });

    private Task PhaseAsync(string space, string phase)
    {
        string? seen = null;
        return Eventually.TrueAsync(
            async () =>
            {
                seen = (await Cluster.ReadSessionAsync(space, "abc12"))["status"]?["phase"]?.GetValue<string>();
                return seen == phase;
            },
            () => $"the phase is {seen} and not {phase}");
    }

    private static Task OnlySecondLeadsAsync(OperatorReplica first, OperatorReplica second) => Eventually.TrueAsync(
        () =>
        {
            Assert.False(first.IsLeader && second.IsLeader);
            return second.IsLeader;
        },
        "the second replica leads");

    private static bool Says(ServerProcess process, string text)
    {
        Assert.False(process.HasExited, process.LastLines);
        return process.LastLines.Contains(text, StringComparison.Ordinal);
    }
}
