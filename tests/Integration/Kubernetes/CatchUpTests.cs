using System.Text.Json.Nodes;
using SshGateway.Feed;
using SshGateway.Operator.Model;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Feed;
using SshGateway.Tests.Support.Kubernetes;
using SshGateway.Tests.Support.Kubernetes.FaultProxy;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>Operators of two namespaces on a real API server that are behind, or look like it.</summary>
[Collection(KubernetesGroup.Name)]
public sealed class CatchUpTests(KubernetesServer server) : IAsyncLifetime
{
    private const int InStep = 1;
    private const int SentAway = 5;

    private string _quiet = "";
    private string _busy = "";

    private KubernetesObjects Cluster => server.Admin;

    public async Task InitializeAsync()
    {
        if (KubernetesPrograms.Problem is null)
        {
            _quiet = await Cluster.CreateNamespaceAsync();
            _busy = await Cluster.CreateNamespaceAsync();
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [KubernetesFact]
    public async Task A_replica_that_is_behind_in_the_busier_namespace_alone_does_not_take_a_proxy_back()
    {
        await Cluster.CreateSessionAsync(_quiet, "resting");
        await Cluster.CreateSessionAsync(_busy, "changing", session => session["spec"]!["ssh"]!["targetUser"] = "before");
        await using OperatorReplica first = await StartReplicaAsync(server.Kubeconfig());
        await Cluster.UntilStatusAsync(_quiet, "resting", "Pending", "WaitingForPod");
        await Cluster.UntilStatusAsync(_busy, "changing", "Pending", "WaitingForPod");
        // It lists later, and so it is ahead in the quiet namespace.
        await using var network = new FaultyProxy(server.Port, isPlain: true);
        await using OperatorReplica second = await StartReplicaAsync(server.Kubeconfig(network.Address));
        await using var toSecond = new FaultyProxy(second.FeedPort);
        await toSecond.RefuseAsync();
        await using FeedClientRun proxy = await FeedClientRun.StartAsync([first.FeedPort, toSecond.Port]);
        network.LoseAnswersTo($"/namespaces/{_busy}/");
        await Cluster.PatchSessionAsync(_busy, "changing", new JsonObject { ["spec"] = new JsonObject { ["ssh"] = new JsonObject { ["targetUser"] = "after" } } });
        await Eventually.TrueAsync(() => proxy.Find("changing")?.TargetUser == "after", "the proxy has seen the change");

        toSecond.Accept();
        await first.DisposeAsync();

        await Eventually.TrueAsync(
            () =>
            {
                Assert.Equal("after", proxy.Find("changing")?.TargetUser);
                return IsSentAwayAsBehind(proxy);
            },
            "the second operator does not feed the proxy");
        network.LoseAnswersTo(null);
        network.Cut();
        await Eventually.TrueAsync(() => proxy.Log.Count(InStep) == 2, "the second operator has caught up");
        Assert.Equal("after", proxy.Find("changing")?.TargetUser);
    }

    [KubernetesFact]
    public async Task A_replica_to_which_nothing_was_told_finds_out_that_it_is_not_behind()
    {
        await Cluster.CreateSessionAsync(_quiet, "resting");
        await using OperatorReplica first = await StartReplicaAsync(server.Kubeconfig());
        await Cluster.UntilStatusAsync(_quiet, "resting", "Pending", "WaitingForPod");
        await Cluster.CreateNamespaceAsync();
        // It lists at a version of which no watch of the first will ever hear.
        await using OperatorReplica second = await StartReplicaAsync(server.Kubeconfig());
        await using var toFirst = new FaultyProxy(first.FeedPort);
        await toFirst.RefuseAsync();
        await using FeedClientRun proxy = await FeedClientRun.StartAsync([toFirst.Port, second.FeedPort]);
        await Eventually.TrueAsync(() => proxy.HasSynced, "the proxy follows the second operator");
        Assert.False(first.Table.Versions.HasReached(second.Table.Versions));

        toFirst.Accept();
        await second.DisposeAsync();

        await Eventually.TrueAsync(() => proxy.Log.Count(InStep) == 2, "the proxy follows the first operator");
        Assert.False(IsSentAwayAsBehind(proxy));
    }

    [KubernetesFact]
    public async Task However_often_it_is_asked_a_source_lists_what_is_behind_once_in_five_seconds_and_watches_on()
    {
        var time = new ManualTimeProvider();
        await using var network = new FaultyProxy(server.Port, isPlain: true);
        await using var run = new SourceRun(server.Kubeconfig(network.Address), time, _quiet, _busy);
        await run.UntilAsync(r => r.IsSynced, "everything was read");
        Assert.Equal((1, 1), (Lists("claudesessions"), Lists("pods")));
        var unreached = new ClusterVersions([new ReadVersions(_busy, ulong.MaxValue, 1)]);

        run.Source.CatchUp(unreached);
        await Eventually.TrueAsync(() => Lists("claudesessions") == 2, "it is listed");
        for (int i = 0; i < 5; i++)
        {
            run.Source.CatchUp(unreached);
            await Cluster.CreateSessionAsync(_busy, $"new-{i}");
            await run.ReasonAsync($"new-{i}", ReadyReasons.WaitingForPod);
        }
        Assert.Equal((2, 1), (Lists("claudesessions"), Lists("pods")));

        time.Advance(TimeSpan.FromSeconds(5));
        await Eventually.TrueAsync(() => Lists("claudesessions") == 3, "it is listed again");

        int Lists(string kind) => network.Requests.Count(r =>
            r.Line.Contains($"/namespaces/{_busy}/{kind}?", StringComparison.Ordinal) && r.Line.Contains("limit=500", StringComparison.Ordinal));
    }

    private static bool IsSentAwayAsBehind(FeedClientRun proxy) =>
        proxy.Log.Lines.Any(l => l.Id.Id == SentAway && l.Text.Contains("Behind", StringComparison.Ordinal));

    private async Task<OperatorReplica> StartReplicaAsync(string kubeconfig)
    {
        OperatorReplica replica = await OperatorReplica.StartAsync(kubeconfig, _quiet, _busy);
        await replica.Table.Filled.WaitAsync(TimeSpan.FromSeconds(60));
        return replica;
    }
}
