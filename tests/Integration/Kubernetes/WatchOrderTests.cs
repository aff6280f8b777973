using System.Globalization;
using System.Text.Json.Nodes;
using SshGateway.Feed;
using SshGateway.Operator.Kubernetes.Watching;
using SshGateway.Tests.Support.Kubernetes;
using SshGateway.Tests.Support.Kubernetes.FaultProxy;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>A watch that brings old states of objects after their newer ones.</summary>
[Collection(KubernetesGroup.Name)]
public sealed class WatchOrderTests(KubernetesServer server)
{
    private KubernetesObjects Cluster => server.Admin;

    [KubernetesFact]
    public async Task An_older_state_neither_undoes_a_newer_one_nor_revives_what_is_deleted()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await Cluster.CreateSessionAsync(space, "changed");
        await Cluster.CreateSessionAsync(space, "deleted");
        await Cluster.CreateSessionAsync(space, "unlisted");
        JsonNode[] old = await ReadAsync(space, "changed", "deleted", "unlisted");
        await Cluster.DeleteSessionAsync(space, "unlisted");
        await using var proxy = new FaultyProxy(server.Port, isPlain: true);
        await using var run = new SourceRun(server.Kubeconfig(proxy.Address), space);
        await run.ReasonAsync("deleted", ReadyReasons.WaitingForPod);
        var draining = new JsonObject { ["spec"] = new JsonObject { ["access"] = "Draining" } };
        await Cluster.PatchSessionAsync(space, "changed", draining);
        await Cluster.DeleteSessionAsync(space, "deleted");
        await run.ReasonAsync("changed", ReadyReasons.Draining);
        await run.GoneAsync("deleted");
        ulong version = run.Versions.Find(space).Sessions;
        JsonNode last = (await ReadAsync(space, "changed"))[0];
        last["metadata"]!["name"] = "last";
        last["metadata"]!["uid"] = "last";
        last["metadata"]!["resourceVersion"] = (version + 1).ToString(CultureInfo.InvariantCulture);

        string[] events = [.. old.Select(o => Event("MODIFIED", o)), Event("DELETED", old[0]), Event("BOOKMARK", old[0]), Event("ADDED", last)];
        proxy.AnswerTo("/claudesessions?watch=1", "200 OK", string.Concat(events), staysOpen: true);
        proxy.Cut();

        await run.ReasonAsync("last", ReadyReasons.Draining);
        Assert.Equal(ReadyReasons.Draining, run["changed"]?.Reason);
        Assert.Null(run["deleted"]);
        Assert.Equal(version + 1, run.Versions.Find(space).Sessions);
    }

    // KEP-5504: decimal numbers of up to 128 bits. Nothing is ignored by other versions.
    [Theory]
    [InlineData("9", "10", true)]
    [InlineData("10", "9", false)]
    [InlineData("10", "10", false)]
    [InlineData("340282366920938463463374607431768211454", "340282366920938463463374607431768211455", true)]
    [InlineData("a1", "a2", false)]
    [InlineData("", "1", false)]
    public void Only_numbers_are_compared(string version, string than, bool isOlder) =>
        Assert.Equal(isOlder, ResourceVersions.IsOlder(version, than));

    private async Task<JsonNode[]> ReadAsync(string space, params string[] ids) =>
        await Task.WhenAll(ids.Select(id => Cluster.ReadSessionAsync(space, id)));

    private static string Event(string type, JsonNode session) =>
        new JsonObject { ["type"] = type, ["object"] = session.DeepClone() }.ToJsonString() + "\n";
}
