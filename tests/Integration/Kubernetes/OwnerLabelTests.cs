using System.Text.Json.Nodes;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Kubernetes;
using SshGateway.Tests.Support.Kubernetes.FaultProxy;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>The label by which kubectl finds a person's sessions, on a real API server.</summary>
[Collection(KubernetesGroup.Name)]
public sealed class OwnerLabelTests(KubernetesServer server)
{
    private const string Label = "tars.cloudwalk.network/owner";

    private KubernetesObjects Cluster => server.Admin;

    [KubernetesFact]
    public async Task The_leader_writes_the_label_once_and_corrects_it()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using var proxy = new FaultyProxy(server.Port, isPlain: true);
        await using var idle = new FaultyProxy(server.Port, isPlain: true);
        await using (OperatorReplica leader = await OperatorReplica.StartAsync(server.Kubeconfig(proxy.Address), space))
        {
            await Eventually.TrueAsync(() => leader.IsLeader, "the first replica leads");
            await using OperatorReplica other = await OperatorReplica.StartAsync(server.Kubeconfig(idle.Address), space);
            await Cluster.CreateSessionAsync(space, "abc12", session =>
            {
                session["metadata"]!["labels"] = new JsonObject { ["team"] = "blue" };
                session["spec"]!["owner"]!["user"] = "ada@example.com";
            });
            await Cluster.CreateSessionAsync(space, "other");
            await FoundAsync(space, "ada_example.com-b5fc85e557", "abc12");
            await FoundAsync(space, "ada", "other");
            Assert.Equal(2, Writes(proxy));
            Assert.Equal("blue", await LabelAsync(space, "abc12", "team"));

            await Cluster.PatchSessionAsync(space, "other", new() { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { [Label] = "somebody" } } });
            await FoundAsync(space, "ada", "other");
            Assert.Equal((3, 0), (Writes(proxy), Writes(idle)));
        }

        // What is right already is left alone, by the next leader too.
        await using OperatorReplica next = await OperatorReplica.StartAsync(server.Kubeconfig(proxy.Address), space);
        await Cluster.CreateSessionAsync(space, "third");
        await FoundAsync(space, "ada", "other", "third");
        Assert.Equal(4, Writes(proxy));
    }

    [KubernetesFact]
    public async Task Without_the_permission_the_status_is_written_all_the_same_and_the_label_when_it_may_be()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using var proxy = new FaultyProxy(server.Port, isPlain: true);
        proxy.AnswerTo($"PATCH /apis/tars.cloudwalk.network/v1alpha1/namespaces/{space}/claudesessions/abc12 ", "403 Forbidden", "cannot patch", times: 2);
        await using OperatorReplica replica = await OperatorReplica.StartAsync(server.Kubeconfig(proxy.Address), space);
        await Cluster.CreateSessionAsync(space, "abc12");

        await Cluster.UntilStatusAsync(space, "abc12", "Pending", "WaitingForPod");
        await FoundAsync(space, "ada", "abc12");
        Assert.Equal(3, Writes(proxy));
    }

    private static int Writes(FaultyProxy proxy) => proxy.Requests.Count(
        r => r.Line.StartsWith("PATCH ", StringComparison.Ordinal) && r.Line.Contains("/claudesessions/", StringComparison.Ordinal)
            && !r.Line.Contains("/status", StringComparison.Ordinal));

    private async Task<string?> LabelAsync(string space, string id, string name) =>
        (await Cluster.ReadSessionAsync(space, id))["metadata"]!["labels"]?[name]?.GetValue<string>();

    private async Task FoundAsync(string space, string value, params string[] ids)
    {
        string found = "";
        string expected = string.Concat(ids.Select(id => $"claudesession.tars.cloudwalk.network/{id}\n"));
        await Eventually.TrueAsync(
            async () => (found = await server.KubectlAsync("get", "csess", "-n", space, "-l", $"{Label}={value}", "-o", "name")) == expected,
            () => $"{value} finds \"{found}\" and not \"{expected}\"");
    }
}
