using SshGateway.Feed;
using SshGateway.Tests.Support.Kubernetes;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>
/// An API server that tells clients to connect again (HTTP/2 GOAWAY), as managed clusters do to spread the load:
/// gravitational/teleport#57766, argoproj/argo-cd#17420.
/// </summary>
public sealed class GoAwayTests
{
    [KubernetesFact]
    public async Task Neither_watches_nor_writes_notice()
    {
        // The most that it takes.
        using var server = new KubernetesServer("--goaway-chance=0.02");
        await server.InitializeAsync();
        try
        {
            string space = await server.Admin.CreateNamespaceAsync();
            await using var run = new SourceRun(server.Kubeconfig(), space);
            await using OperatorReplica replica = await OperatorReplica.StartAsync(server.Kubeconfig(), space);
            string[] ids = [.. Enumerable.Range(0, 200).Select(number => $"session-{number}")];
            await Parallel.ForEachAsync(ids, async (id, _) => await server.Admin.CreateSessionAsync(space, id));
            foreach (string id in ids)
            {
                await run.ReasonAsync(id, ReadyReasons.WaitingForPod);
                await server.Admin.UntilStatusAsync(space, id, "Pending", "WaitingForPod");
            }
            Assert.Empty(run.Lost);
            Assert.Equal(0, run.Log.Count(2));
        }
        finally
        {
            await server.DisposeAsync();
        }
    }
}
