using System.Text.Json;
using System.Text.Json.Nodes;
using SshGateway.Operator.Model;
using SshGateway.Operator.Table;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Kubernetes;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>Sessions on which something fails, beside others, which must not notice.</summary>
[Collection(KubernetesGroup.Name)]
public sealed class StatusFaultTests(KubernetesServer server)
{
    private const string Faulty = "cannot compute the status";

    private KubernetesObjects Cluster => server.Admin;

    [KubernetesFact]
    public async Task A_session_that_cannot_be_decoded_says_what_is_wrong_and_keeps_the_route_that_it_had()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using OperatorReplica replica = await OperatorReplica.StartAsync(server.Kubeconfig(), space);
        await Cluster.CreateSessionAsync(space, "routed");
        await Cluster.CreatePodAsync(space, "pod-1", "routed");
        await Cluster.SetStatusAsync(space, "pod-1", "10.4.0.1", ready: true);
        await ReadyAsync(space, "routed", "True", "logins go to pod pod-1");
        await server.KubectlAsync(
            "patch", "crd", "claudesessions.tars.cloudwalk.network", "--type=json", "-p",
            """[{"op": "replace", "path": "/spec/versions/0/schema/openAPIV3Schema/properties/spec", "value": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}]""");
        try
        {
            TableEntry before = Assert.Single(Entries(replica));
            // The server takes a moment to let it through.
            await Eventually.TrueAsync(
                async () => await TryAsync(() => Cluster.PatchSessionAsync(space, "routed", new JsonObject { ["spec"] = new JsonObject { ["maxConnections"] = "many" } })),
                () => "the schema is not relaxed");
            await ReadyAsync(space, "routed", "Unknown", "spec.maxConnections: must be a whole number without quotes; until then logins follow the version before");
            Assert.Equal(before.Wire.ToArray(), Assert.Single(Entries(replica)).Wire.ToArray());

            await Cluster.CreateSessionAsync(space, "never", s => s["spec"]!["ssh"]!["port"] = 1e99);
            await ReadyAsync(space, "never", "False", "spec.ssh.port: must be a whole number without quotes; until then there are no logins");
            Assert.Single(Entries(replica));
            await Cluster.PatchSessionAsync(space, "routed", new JsonObject { ["spec"] = new JsonObject { ["maxConnections"] = 3, ["access"] = "Draining" } });
            await ReadyAsync(space, "routed", "False", "spec.access is Draining");
            await Cluster.DeleteSessionAsync(space, "never");
        }
        finally
        {
            await server.ApplyAsync(Repository.File("crds/claudesessions.yaml"));
        }
    }

    [KubernetesFact]
    public async Task A_session_on_which_the_writer_fails_is_named_and_the_others_are_written()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await Cluster.CreateSessionAsync(space, "bad");
        await Cluster.CreateSessionAsync(space, "good");
        ClaudeSession good = await ReadAsync(space, "good");
        ClaudeSession bad = await ReadAsync(space, "bad") with { Status = new SessionStatus { Endpoint = new SessionEndpoint { Ips = new ThrowingList<string>() } } };
        await using var run = new StatusWriterRun(server.Kubeconfig(), space);

        run.Observe(bad, good);
        await ReadyAsync(space, "good", "False", "no pod of the namespace carries the label");
        await Eventually.TrueAsync(() => run.Log.Lines.Any(l => l.Text.Contains($"{space}/bad: {Faulty}", StringComparison.Ordinal)), "the failure is logged");
        Assert.False(run.HasEnded);
        Assert.Null((await Cluster.ReadSessionAsync(space, "bad"))["status"]);

        // And it is taken up again when it is something else.
        run.Observe(await ReadAsync(space, "bad"));
        await ReadyAsync(space, "bad", "False", "no pod of the namespace carries the label");
    }

    private Task<JsonNode> ReadyAsync(string space, string id, string status, string message) => Cluster.UntilStatusAsync(
        space, id, $"{status} with \"{message}\"", s => KubernetesObjects.Condition(s, "Ready") is { } ready && ready["status"]!.GetValue<string>() == status
            && ready["message"]!.GetValue<string>().Contains(message, StringComparison.Ordinal));

    private async Task<ClaudeSession> ReadAsync(string space, string id) =>
        (await Cluster.ReadSessionAsync(space, id)).Deserialize(ModelJson.Default.ClaudeSession)!;

    private static TableEntry[] Entries(OperatorReplica replica)
    {
        using TableSubscription subscription = replica.Table.Subscribe();
        return [.. subscription.Snapshot!];
    }

    private static async Task<bool> TryAsync(Func<Task> action)
    {
        try
        {
            await action();
            return true;
        }
        catch (Xunit.Sdk.XunitException)
        {
            return false;
        }
    }
}
