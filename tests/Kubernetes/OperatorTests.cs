using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SshGateway.Operator.Hosting;
using SshGateway.Operator.Table;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Kubernetes;

/// <summary>The operator's process on a real API server.</summary>
[Collection(KubernetesGroup.Name)]
public sealed class OperatorTests(KubernetesServer server)
{
    [KubernetesFact]
    public async Task The_table_follows_the_API_server()
    {
        string space = await server.Admin.CreateNamespaceAsync();
        await server.Admin.CreateSessionAsync(space, "abc12");
        await using WebApplication app = OperatorHost.Build(
        [
            "--Operator:Source=Kubernetes", $"--Operator:Kubeconfig={server.Kubeconfig()}", $"--Operator:Namespaces:0={space}",
            "--Operator:FeedListen=127.0.0.1:0", "--Operator:HttpListen=127.0.0.1:0",
        ]);
        await app.StartAsync();
        EndpointTable table = app.Services.GetRequiredService<EndpointTable>();
        await table.Filled.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Single(Entries(table));
        await server.Admin.CreateSessionAsync(space, "abc13");
        await Eventually.TrueAsync(() => Entries(table).Length == 2, "the second session is in the table");
        await server.Admin.DeleteSessionAsync(space, "abc12");
        await Eventually.TrueAsync(() => Entries(table) is [{ SessionId: "abc13" }], "the first session has left the table");
        await app.StopAsync();
    }

    private static TableEntry[] Entries(EndpointTable table)
    {
        using TableSubscription subscription = table.Subscribe();
        return [.. subscription.Snapshot];
    }
}
