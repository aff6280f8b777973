using System.Text.Json.Nodes;
using SshGateway.Feed;
using SshGateway.Operator.Table;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Kubernetes;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>Two sessions with one id in two namespaces of a real API server, and operators that come and go.</summary>
[Collection(KubernetesGroup.Name)]
public sealed class IdBindingTests(KubernetesServer server)
{
    private const string Id = "abc12";

    private KubernetesObjects Cluster => server.Admin;

    [KubernetesFact]
    public async Task Every_replica_old_and_new_refuses_the_loser_until_it_is_made_anew()
    {
        (string winner, string loser) = (await Cluster.CreateNamespaceAsync(), await Cluster.CreateNamespaceAsync());
        await Cluster.CreateSessionAsync(winner, Id);
        await using OperatorReplica first = await StartAsync(winner, loser);
        await HolderAsync(first, winner);
        await Cluster.CreateSessionAsync(loser, Id);
        await Cluster.UntilStatusAsync(loser, Id, "Conflict", "SessionIDTaken", s => Message(s).Contains($"ClaudeSession {winner}/{Id}", StringComparison.Ordinal));
        await using OperatorReplica second = await StartAsync(winner, loser);
        await HolderAsync(second, winner);

        await Cluster.DeleteSessionAsync(winner, Id);
        await HolderAsync(first, null);
        await HolderAsync(second, null);
        // The other replica leads, and then one that has never seen the winner.
        await first.DisposeAsync();
        await Eventually.TrueAsync(() => second.IsLeader, "the second replica leads");
        await using OperatorReplica third = await StartAsync(winner, loser);
        await second.DisposeAsync();
        await Eventually.TrueAsync(() => third.IsLeader, "the third replica leads");
        await Cluster.PatchSessionAsync(loser, Id, new JsonObject { ["spec"] = new JsonObject { ["access"] = "Draining" } });
        JsonNode status = await Cluster.UntilStatusAsync(loser, Id, "refused in its second generation", s => s["observedGeneration"]!.GetValue<int>() == 2);
        Assert.Equal("SessionIDTaken", KubernetesObjects.Condition(status, "Ready")["reason"]!.GetValue<string>());
        Assert.Contains("delete this session and create it anew", Message(status), StringComparison.Ordinal);
        await HolderAsync(third, null);

        // The winner made anew gets it, and so does the loser made anew when that one is gone.
        await Cluster.CreateSessionAsync(winner, Id);
        await HolderAsync(third, winner);
        await Cluster.UntilStatusAsync(loser, Id, "Conflict", "SessionIDTaken");
        await Cluster.DeleteSessionAsync(winner, Id);
        await HolderAsync(third, null);
        await Cluster.DeleteSessionAsync(loser, Id);
        await Cluster.CreateSessionAsync(loser, Id);
        await HolderAsync(third, loser);
        await Cluster.UntilStatusAsync(loser, Id, "Pending", "WaitingForPod");
    }

    [KubernetesFact]
    public async Task A_winner_that_goes_or_is_no_longer_watched_while_there_is_no_operator_leaves_its_id_to_nobody()
    {
        (string winner, string loser) = (await Cluster.CreateNamespaceAsync(), await Cluster.CreateNamespaceAsync());
        await Cluster.CreateSessionAsync(winner, Id);
        await using (OperatorReplica first = await StartAsync(winner, loser))
        {
            await HolderAsync(first, winner);
            await Cluster.CreateSessionAsync(loser, Id);
            await Cluster.UntilStatusAsync(loser, Id, "Conflict", "SessionIDTaken");
        }

        await using (OperatorReplica unwatched = await StartAsync(loser))
        {
            await HolderAsync(unwatched, null);
        }
        await Cluster.DeleteSessionAsync(winner, Id);
        await using OperatorReplica second = await StartAsync(winner, loser);
        await HolderAsync(second, null);
        await Cluster.UntilStatusAsync(loser, Id, "Conflict", "SessionIDTaken", s => !Message(s).Contains(winner, StringComparison.Ordinal));
    }

    private Task<OperatorReplica> StartAsync(params string[] spaces) => OperatorReplica.StartAsync(server.Kubeconfig(), spaces);

    // Of which namespace the session is that the table has; null: it has none.
    private static Task HolderAsync(OperatorReplica replica, string? ofNamespace)
    {
        string[] holders = [];
        return Eventually.TrueAsync(
            () =>
            {
                using TableSubscription subscription = replica.Table.Subscribe();
                holders = [.. subscription.Snapshot!.Select(e => Entry.Parser.ParseFrom(e.Wire.Span).Namespace)];
                return replica.Table.IsFilled && holders.SequenceEqual(ofNamespace is null ? [] : [ofNamespace]);
            },
            TimeSpan.FromSeconds(60), () => $"the id is of {string.Join(", ", holders)} and not of {ofNamespace ?? "nobody"}");
    }

    private static string Message(JsonNode status) => KubernetesObjects.Condition(status, "Ready")["message"]!.GetValue<string>();
}
