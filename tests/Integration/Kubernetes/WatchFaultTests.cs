using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using SshGateway.Feed;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Kubernetes;
using SshGateway.Tests.Support.Kubernetes.FaultProxy;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>
/// What breaks between the operator and a real API server. The rule behind all of it: nothing that is still there
/// leaves the table, and nothing that is gone stays.
/// </summary>
[Collection(KubernetesGroup.Name)]
public sealed class WatchFaultTests(KubernetesServer server)
{
    private const int Failed = 2;
    private const int HistoryGone = 3;
    private const int StaleList = 4;

    private KubernetesObjects Cluster => server.Admin;

    [KubernetesFact]
    public async Task An_API_server_that_was_restarted_is_watched_on()
    {
        await using Scene scene = await Scene.StartAsync(server);
        await server.RestartAsync();
        await Cluster.SetStatusAsync(scene.Space, "pod-1", "10.2.0.2", ready: true);
        await scene.Run.ReadyAsync("abc12", "10.2.0.2");
        Assert.Empty(scene.Run.Lost);
    }

    [KubernetesFact]
    public async Task A_watch_whose_history_was_compacted_away_lists_again()
    {
        await using Scene scene = await Scene.StartAsync(server);
        await Cluster.CreateSessionAsync(scene.Space, "deleted");
        await scene.Run.ReasonAsync("deleted", ReadyReasons.WaitingForPod);
        await scene.Proxy.RefuseAsync();
        scene.Proxy.Cut();
        await scene.Run.LoggedAsync(Failed, "claudesessions");
        await Cluster.DeleteSessionAsync(scene.Space, "deleted");
        await Cluster.CreateSessionAsync(scene.Space, "created");
        await Cluster.SetStatusAsync(scene.Space, "pod-1", "10.2.0.3", ready: true);
        await CompactAsync();
        // A running server would still have the history in its memory.
        await server.RestartAsync();
        scene.Proxy.Accept();
        await scene.Run.ReasonAsync("created", ReadyReasons.WaitingForPod);
        await scene.Run.ReadyAsync("abc12", "10.2.0.3");
        await scene.Run.GoneAsync("deleted");
        Assert.True(scene.Run.Log.Count(HistoryGone) > 0, string.Join('\n', scene.Run.Log.Lines));
        Assert.Empty(scene.Run.Lost);
    }

    [KubernetesFact]
    public async Task A_watch_that_is_cut_inside_an_event_gets_the_event_again()
    {
        await using Scene scene = await Scene.StartAsync(server);
        // Larger than the connection lets through: the event arrives in part.
        scene.Proxy.CutAfter(60_000);
        await Cluster.PatchSessionAsync(scene.Space, "abc12", new JsonObject
        {
            ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { ["tests.example/large"] = new string('x', 200_000) } },
            ["spec"] = new JsonObject { ["access"] = "Draining" },
        });
        await scene.Run.ReasonAsync("abc12", ReadyReasons.Draining);
        Assert.True(scene.Run.Log.Count(Failed) > 0);
        Assert.Equal(2, scene.Run.Log.Count(1));
    }

    [KubernetesFact]
    [Trait("Category", "Long")]
    public async Task A_connection_that_died_without_a_word_is_found_within_a_minute()
    {
        await using Scene scene = await Scene.StartAsync(server);
        scene.Proxy.Freeze();
        long started = Stopwatch.GetTimestamp();
        await Cluster.SetStatusAsync(scene.Space, "pod-1", "10.2.0.4", ready: true);
        await scene.Run.UntilAsync(r => r["abc12"]?.Address?.ToString() == "10.2.0.4", "the new address came", TimeSpan.FromSeconds(90));
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(60));
        Assert.Empty(scene.Run.Lost);
    }

    [KubernetesFact]
    [Trait("Category", "Long")]
    public async Task A_server_that_accepts_connections_and_says_nothing_is_tried_again()
    {
        await using Scene scene = await Scene.StartAsync(server);
        scene.Proxy.Silence();
        scene.Proxy.Cut();
        await scene.Run.LoggedAsync(Failed, "could not be established", times: 2);
        scene.Proxy.Speak();
        scene.Proxy.Cut();
        await Cluster.SetStatusAsync(scene.Space, "pod-1", "10.2.0.8", ready: true);
        await scene.Run.ReadyAsync("abc12", "10.2.0.8");
        Assert.Empty(scene.Run.Lost);
    }

    [KubernetesFact]
    public async Task A_server_that_is_too_busy_is_left_alone_for_as_long_as_it_says_and_not_listed()
    {
        await using Scene scene = await Scene.StartAsync(server, isPlain: true);
        for (int i = 0; i < 2; i++)
        {
            scene.Proxy.Answer("429 Too Many Requests", "Retry-After: 3\r\n", """{"kind":"Status","code":429,"reason":"TooManyRequests","message":"busy"}""");
        }
        int before = scene.Proxy.Requests.Count;
        scene.Proxy.Cut();
        await Cluster.SetStatusAsync(scene.Space, "pod-1", "10.2.0.5", ready: true);
        await scene.Run.LoggedAsync(Failed, "TooManyRequests", times: 2);
        await scene.Run.ReadyAsync("abc12", "10.2.0.5");
        await Eventually.TrueAsync(() => scene.Proxy.Requests.Count >= before + 6, "both watches are back");
        (DateTimeOffset Time, string Line)[] requests = [.. scene.Proxy.Requests.Skip(before)];
        Assert.Equal(6, requests.Length);
        Assert.Equal(2, requests.Count(r => r.Line.Contains("watch=1", StringComparison.Ordinal)));
        // Before it watches on, it asks which version the server is at, and that is all that it lists.
        requests = [.. requests.Where(r => !r.Line.Contains("watch=1", StringComparison.Ordinal))];
        Assert.All(requests, r => Assert.Contains("limit=1 ", r.Line, StringComparison.Ordinal));
        foreach (IGrouping<bool, (DateTimeOffset Time, string Line)> watch in requests.GroupBy(r => r.Line.Contains("claudesessions", StringComparison.Ordinal)))
        {
            // The two refusals may both meet one of the two watches, or one each.
            DateTimeOffset[] times = [.. watch.Select(r => r.Time)];
            Assert.All(times.Zip(times.Skip(1), (one, next) => next - one), pause => Assert.True(pause >= TimeSpan.FromSeconds(2.9), $"it came back after {pause}"));
        }
    }

    [KubernetesFact]
    public async Task What_may_no_longer_be_read_stays_as_it_was()
    {
        await using Scene scene = await Scene.StartAsync(server);
        await server.ForbidOperatorAsync();
        try
        {
            scene.Proxy.Cut();
            await scene.Run.LoggedAsync(Failed, "403", times: 4);
            await Cluster.SetStatusAsync(scene.Space, "pod-1", "10.2.0.6", ready: true);
            Assert.Equal(EndpointState.Ready, scene.Run["abc12"]?.State);
        }
        finally
        {
            await server.AllowOperatorAsync();
        }
        await scene.Run.ReadyAsync("abc12", "10.2.0.6");
        Assert.Empty(scene.Run.Lost);
    }

    [KubernetesFact]
    public async Task Nothing_is_told_before_both_kinds_were_read()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await Cluster.CreateSessionAsync(space, "abc12");
        await server.KubectlAsync("delete", "clusterrolebinding", "operator");
        await server.KubectlAsync("create", "role", "sessions", "-n", space, "--verb=get,list,watch", "--resource=claudesessions.tars.cloudwalk.network");
        await server.KubectlAsync("create", "rolebinding", "sessions", "-n", space, "--role=sessions", "--user=operator");
        await using var run = new SourceRun(server.Kubeconfig(), space);
        try
        {
            await run.LoggedAsync(1, "claudesessions");
            await run.LoggedAsync(Failed, "403", times: 2);
            Assert.False(run.IsSynced);
        }
        finally
        {
            await server.AllowOperatorAsync();
        }
        await run.ReasonAsync("abc12", ReadyReasons.WaitingForPod);
    }

    [KubernetesFact]
    public async Task A_CRD_that_is_deleted_takes_its_sessions_along_and_may_come_back()
    {
        await using Scene scene = await Scene.StartAsync(server);
        await server.KubectlAsync("delete", "crd", "claudesessions.tars.cloudwalk.network");
        await scene.Run.GoneAsync("abc12");
        await scene.Run.LoggedAsync(Failed, "404");
        await server.ApplyAsync(Repository.File("crds/claudesessions.yaml"));
        await server.KubectlAsync("wait", "--for=condition=Established", "crd/claudesessions.tars.cloudwalk.network", "--timeout=60s");
        await Cluster.CreateSessionAsync(scene.Space, "abc12");
        await scene.Run.ReadyAsync("abc12", "10.2.0.1");
    }

    [KubernetesFact]
    public async Task A_list_that_is_older_than_what_is_known_is_not_used()
    {
        await using Scene scene = await Scene.StartAsync(server, isPlain: true);
        // Both watches lose their history, and the lists that follow meet a replica that is far behind.
        for (int i = 0; i < 2; i++)
        {
            scene.Proxy.Answer("410 Gone", "", """{"kind":"Status","code":410,"reason":"Expired","message":"too old resource version"}""");
        }
        for (int i = 0; i < 2; i++)
        {
            scene.Proxy.Answer("200 OK", "", """{"kind":"List","metadata":{"resourceVersion":"2"},"items":[]}""");
        }
        scene.Proxy.Cut();
        await scene.Run.LoggedAsync(StaleList, "ignored a list of version 2");
        await Cluster.SetStatusAsync(scene.Space, "pod-1", "10.2.0.7", ready: true);
        await scene.Run.ReadyAsync("abc12", "10.2.0.7");
        Assert.Contains(scene.Proxy.Requests, r => r.Line.Contains("resourceVersionMatch=NotOlderThan", StringComparison.Ordinal));
        Assert.Empty(scene.Run.Lost);
    }

    [KubernetesFact]
    [Trait("Category", "Long")]
    public async Task An_etcd_restored_from_a_backup_takes_back_what_came_after_it_and_starts_a_new_epoch_of_the_feed()
    {
        using var restored = new KubernetesServer();
        await restored.InitializeAsync();
        try
        {
            string space = await restored.Admin.CreateNamespaceAsync();
            await restored.Admin.CreateSessionAsync(space, "kept");
            await restored.Admin.CreatePodAsync(space, "pod-1", "kept");
            await restored.Admin.SetStatusAsync(space, "pod-1", "10.2.0.1", ready: true);
            await restored.BackUpAsync();
            await using var run = new SourceRun(restored.Kubeconfig(), space);
            await using OperatorReplica replica = await OperatorReplica.StartAsync(restored.Kubeconfig(), space);
            await restored.Admin.CreateSessionAsync(space, "lost");
            await restored.Admin.SetStatusAsync(space, "pod-1", "10.2.0.9", ready: true);
            // An API server that starts writes some versions of its own.
            await Parallel.ForEachAsync(Enumerable.Range(0, 400), async (i, _) => await restored.Admin.CreateSessionAsync(space, $"lost-{i}"));
            await run.ReasonAsync("lost-399", ReadyReasons.WaitingForPod);
            await run.ReasonAsync("lost", ReadyReasons.WaitingForPod);
            await run.ReadyAsync("kept", "10.2.0.9");
            ulong before = run.Versions.Find(space).Sessions;
            await replica.Table.Filled.WaitAsync(TimeSpan.FromSeconds(60));
            string epoch = Epoch(replica);
            Assert.False(run.HasNewHistory);

            await restored.RestoreAsync();

            await run.GoneAsync("lost");
            await run.ReadyAsync("kept", "10.2.0.1");
            Assert.True(run.HasNewHistory);
            Assert.InRange(run.Versions.Find(space).Sessions, 1UL, before - 1);
            await Eventually.TrueAsync(() => Epoch(replica) != epoch, "the feed has a new epoch");
            await restored.Admin.CreateSessionAsync(space, "new");
            await run.ReasonAsync("new", ReadyReasons.WaitingForPod);
        }
        finally
        {
            await restored.DisposeAsync();
        }

        static string Epoch(OperatorReplica replica) => replica.Table.Position.Epoch;
    }

    private async Task CompactAsync()
    {
        string version = await Cluster.ReadVersionAsync();
        using var etcd = new HttpClient { BaseAddress = server.Etcd };
        var body = new JsonObject { ["revision"] = version, ["physical"] = true };
        using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await etcd.PostAsync(new Uri("v3/kv/compaction", UriKind.Relative), content);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>A session that is routed to 10.2.0.1, watched through a proxy.</summary>
    private sealed class Scene(string space, FaultyProxy proxy, SourceRun run) : IAsyncDisposable
    {
        public string Space => space;

        public FaultyProxy Proxy => proxy;

        public SourceRun Run => run;

        public static async Task<Scene> StartAsync(KubernetesServer server, bool isPlain = false)
        {
            string space = await server.Admin.CreateNamespaceAsync();
            var proxy = new FaultyProxy(server.Port, isPlain);
            var run = new SourceRun(server.Kubeconfig(proxy.Address), space);
            await server.Admin.CreateSessionAsync(space, "abc12");
            await server.Admin.CreatePodAsync(space, "pod-1", "abc12");
            await server.Admin.SetStatusAsync(space, "pod-1", "10.2.0.1", ready: true);
            await run.ReadyAsync("abc12", "10.2.0.1");
            return new Scene(space, proxy, run);
        }

        public async ValueTask DisposeAsync()
        {
            await run.DisposeAsync();
            await proxy.DisposeAsync();
        }
    }
}
