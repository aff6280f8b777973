using System.Text.Json.Nodes;
using SshGateway.Feed;
using SshGateway.Tests.Support.Kubernetes;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>Sessions and pods come, change and go on a real API server, and the routes follow.</summary>
[Collection(KubernetesGroup.Name)]
public sealed class SourceTests(KubernetesServer server)
{
    private KubernetesObjects Cluster => server.Admin;

    [KubernetesFact]
    public async Task A_session_created_before_its_pod_waits_for_it()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using var run = new SourceRun(server.Kubeconfig(), space);
        await Cluster.CreateSessionAsync(space, "abc12");
        await run.ReasonAsync("abc12", ReadyReasons.WaitingForPod);
        await Cluster.CreatePodAsync(space, "pod-1", "abc12");
        await run.ReasonAsync("abc12", ReadyReasons.PodNotReady);
        await Cluster.SetStatusAsync(space, "pod-1", "10.1.0.1", ready: false);
        await run.UntilAsync(r => r["abc12"]?.State == EndpointState.NotReady, "the pod has an address and is not ready");
        await Cluster.SetStatusAsync(space, "pod-1", "10.1.0.1", ready: true);
        await run.ReadyAsync("abc12", "10.1.0.1");
    }

    [KubernetesFact]
    public async Task A_session_created_after_its_pod_is_routed_at_once()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using var run = new SourceRun(server.Kubeconfig(), space);
        await Cluster.CreatePodAsync(space, "pod-1", "abc12");
        await Cluster.SetStatusAsync(space, "pod-1", "10.1.0.2", ready: true);
        await Cluster.CreateSessionAsync(space, "abc12");
        await run.ReadyAsync("abc12", "10.1.0.2");
    }

    [KubernetesFact]
    public async Task What_existed_before_the_start_is_complete_with_the_first_state()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await Cluster.CreateSessionAsync(space, "abc12");
        await Cluster.CreatePodAsync(space, "pod-1", "abc12");
        await Cluster.SetStatusAsync(space, "pod-1", "10.1.0.3", ready: true);
        await using var run = new SourceRun(server.Kubeconfig(), space);
        await run.UntilAsync(r => r.IsSynced, "the source is synced");
        Assert.Equal(EndpointState.Ready, run["abc12"]?.State);
    }

    [KubernetesFact]
    public async Task A_deleted_pod_and_a_deleted_session_are_no_longer_routed()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using SourceRun run = await StartReadyAsync(space, "abc12", "10.1.0.4");
        await Cluster.DeletePodAsync(space, "pod-1");
        await run.ReasonAsync("abc12", ReadyReasons.WaitingForPod);
        await Cluster.DeleteSessionAsync(space, "abc12");
        await run.GoneAsync("abc12");
    }

    [KubernetesFact]
    public async Task A_pod_replaced_under_its_name_is_another_pod()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using SourceRun run = await StartReadyAsync(space, "abc12", "10.1.0.5");
        string first = run["abc12"]!.PodUid;
        await Cluster.DeletePodAsync(space, "pod-1");
        string second = await Cluster.CreatePodAsync(space, "pod-1", "abc12");
        await Cluster.SetStatusAsync(space, "pod-1", "10.1.0.6", ready: true);
        await run.ReadyAsync("abc12", "10.1.0.6");
        Assert.Equal(second, run["abc12"]!.PodUid);
        Assert.NotEqual(first, second);
    }

    [KubernetesFact]
    public async Task A_terminating_pod_drains_and_a_failed_one_is_no_endpoint()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using var run = new SourceRun(server.Kubeconfig(), space);
        await Cluster.CreateSessionAsync(space, "ending");
        await Cluster.CreatePodAsync(space, "pod-1", "ending", pod => pod["metadata"]!["finalizers"] = new JsonArray("tests.example/held"));
        await Cluster.SetStatusAsync(space, "pod-1", "10.1.0.7", ready: true);
        await run.ReadyAsync("ending", "10.1.0.7");
        await Cluster.DeletePodAsync(space, "pod-1");
        await run.UntilAsync(r => r["ending"] is { State: EndpointState.Draining, Reason: ReadyReasons.PodTerminating }, "the pod is terminating");
        await Cluster.CreateSessionAsync(space, "failed");
        await Cluster.CreatePodAsync(space, "pod-2", "failed");
        await Cluster.SetStatusAsync(space, "pod-2", "10.1.0.8", ready: false, phase: "Failed");
        await run.ReasonAsync("failed", ReadyReasons.PodFailed);
    }

    [KubernetesFact]
    public async Task One_id_in_two_namespaces_is_the_older_sessions_and_is_not_inherited()
    {
        string older = await Cluster.CreateNamespaceAsync();
        string younger = await Cluster.CreateNamespaceAsync();
        string unwatched = await Cluster.CreateNamespaceAsync();
        await Cluster.CreateSessionAsync(unwatched, "abc12");
        await Cluster.CreateSessionAsync(older, "abc12");
        // The server's times have whole seconds.
        await Task.Delay(1100);
        await Cluster.CreateSessionAsync(younger, "abc12");
        await using var run = new SourceRun(server.Kubeconfig(), older, younger);
        await run.UntilAsync(r => r["abc12"]?.Namespace == older, "the older session has the id");
        await Cluster.DeleteSessionAsync(older, "abc12");
        await run.GoneAsync("abc12");
        await Cluster.CreateSessionAsync(younger, "another");
        await run.ReasonAsync("another", ReadyReasons.WaitingForPod);
        Assert.Null(run["abc12"]);
        await Cluster.DeleteSessionAsync(younger, "abc12");
        await Cluster.CreateSessionAsync(younger, "abc12");
        await run.UntilAsync(r => r["abc12"]?.Namespace == younger, "the session that was made anew has the id");
    }

    [KubernetesFact]
    public async Task Without_namespaces_all_are_watched()
    {
        string first = await Cluster.CreateNamespaceAsync();
        await using var run = new SourceRun(server.Kubeconfig());
        await Cluster.CreateSessionAsync(first, $"in-{first}");
        await run.ReasonAsync($"in-{first}", ReadyReasons.WaitingForPod);
        string second = await Cluster.CreateNamespaceAsync();
        await Cluster.CreateSessionAsync(second, $"in-{second}");
        await run.ReasonAsync($"in-{second}", ReadyReasons.WaitingForPod);
    }

    [KubernetesFact]
    public async Task More_objects_than_a_page_are_all_read()
    {
        string space = await Cluster.CreateNamespaceAsync();
        string[] ids = [.. Enumerable.Range(0, 620).Select(i => $"s-{i}")];
        await Parallel.ForEachAsync(ids, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (id, _) => await Cluster.CreateSessionAsync(space, id));
        await using var run = new SourceRun(server.Kubeconfig(), space);
        await run.UntilAsync(r => r.IsSynced, "the source is synced");
        Assert.All(ids, id => Assert.NotNull(run[id]));
    }

    [KubernetesFact]
    public async Task A_version_that_cannot_be_decoded_is_passed_over_and_the_one_before_stays()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using SourceRun run = await StartReadyAsync(space, "abc12", "10.1.0.9");
        // The schema's date-time allows the t in lower case, .NET's does not.
        await Cluster.PatchSessionAsync(space, "abc12", new JsonObject { ["spec"] = new JsonObject { ["expiresAt"] = "2040-01-01t00:00:00z", ["access"] = "Draining" } });
        await run.LoggedAsync(6, "spec.expiresAt");
        await Cluster.CreateSessionAsync(space, "after");
        await run.ReasonAsync("after", ReadyReasons.WaitingForPod);
        Assert.Equal((EndpointState.Ready, ReadyReasons.EndpointReady), (run["abc12"]!.State, run["abc12"]!.Reason));
        Assert.Equal(1, run.Log.Count(6));

        await using var successor = new SourceRun(server.Kubeconfig(), space);
        await successor.ReasonAsync("after", ReadyReasons.WaitingForPod);
        Assert.Null(successor["abc12"]);

        await Cluster.PatchSessionAsync(space, "abc12", new JsonObject { ["spec"] = new JsonObject { ["expiresAt"] = "2040-01-01T00:00:00Z" } });
        await run.ReasonAsync("abc12", ReadyReasons.Draining);
        await successor.ReasonAsync("abc12", ReadyReasons.Draining);
    }

    private async Task<SourceRun> StartReadyAsync(string space, string id, string address)
    {
        var run = new SourceRun(server.Kubeconfig(), space);
        await Cluster.CreateSessionAsync(space, id);
        await Cluster.CreatePodAsync(space, "pod-1", id);
        await Cluster.SetStatusAsync(space, "pod-1", address, ready: true);
        await run.ReadyAsync(id, address);
        return run;
    }
}
