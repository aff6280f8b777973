using SshGateway.Operator.Table;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Kubernetes;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>The operator's process on a real API server.</summary>
[Collection(KubernetesGroup.Name)]
public sealed class OperatorTests(KubernetesServer server)
{
    [KubernetesFact]
    public async Task The_table_follows_the_API_server()
    {
        string space = await server.Admin.CreateNamespaceAsync();
        await server.Admin.CreateSessionAsync(space, "abc12");
        await using OperatorReplica replica = await OperatorReplica.StartAsync(server.Kubeconfig(), space);
        await replica.Table.Filled.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Single(Entries(replica.Table));
        await server.Admin.CreateSessionAsync(space, "abc13");
        await Eventually.TrueAsync(() => Entries(replica.Table).Length == 2, "the second session is in the table");
        await server.Admin.DeleteSessionAsync(space, "abc12");
        await Eventually.TrueAsync(() => Entries(replica.Table) is [{ SessionId: "abc13" }], "the first session has left the table");
    }

    private static TableEntry[] Entries(EndpointTable table)
    {
        using TableSubscription subscription = table.Subscribe();
        return [.. subscription.Snapshot!];
    }
}
