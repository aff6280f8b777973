using System.Globalization;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>What docs/tars.md says about deleting and limiting sessions, with Kubernetes's own controllers.</summary>
[Collection(ClusterGroup.Name)]
[Trait("Category", "Long")]
public sealed class CleanUpTests(GatewayCluster cluster)
{
    [ClusterFact]
    public async Task An_expired_session_is_deleted_and_the_pod_that_it_owns_with_it()
    {
        const string Session = "short-lived";
        await cluster.CreateSessionAsync(Session, ClusterNodes.Second);
        try
        {
            await cluster.WaitForSessionAsync(Session);
            string uid = await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Sessions, "get", "csess", Session, "-o", "jsonpath={.metadata.uid}");
            await PatchAsync(
                $"pod/claude-{Session}",
                $$$"""{"metadata": {"ownerReferences": [{"apiVersion": "tars.cloudwalk.network/v1alpha1", "kind": "ClaudeSession", "name": "{{{Session}}}", "uid": "{{{uid}}}"}]} }""");
            Assert.True((await cluster.Ssh.RunAsync(Session, "hostname")).Succeeded);

            string end = DateTimeOffset.UtcNow.AddSeconds(2).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
            await PatchAsync($"csess/{Session}", $$$"""{"spec": {"expiresAt": "{{{end}}}", "ttlAfterExpiry": "2s"} }""");

            await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Sessions, "wait", "--for=delete", $"csess/{Session}", "--timeout=60s");
            await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Sessions, "wait", "--for=delete", $"pod/claude-{Session}", "--timeout=120s");
        }
        finally
        {
            await cluster.DeleteSessionAsync(Session);
        }
    }

    [ClusterFact]
    public async Task A_quota_limits_the_number_of_sessions()
    {
        await cluster.Nodes.ApplyAsync(
            $$"""
            apiVersion: v1
            kind: ResourceQuota
            metadata: {name: sessions, namespace: {{GatewayCluster.Sessions}}}
            spec: {hard: {count/claudesessions.tars.cloudwalk.network: "1"} }
            """);
        try
        {
            await Eventually.TrueAsync(
                async () => (await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Sessions, "get", "resourcequota", "sessions", "-o", "jsonpath={.status.used}")).Length > 0,
                TimeSpan.FromMinutes(1),
                () => "the quota counts no sessions");
            CommandResult refused = await cluster.Nodes.TryKubectlAsync(
                "-n", GatewayCluster.Sessions, "create", "-f", Repository.File("deploy/examples/claudesession.yaml"));
            Assert.False(refused.Succeeded);
            Assert.Contains("exceeded quota: sessions", refused.ErrorText, StringComparison.Ordinal);
        }
        finally
        {
            await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Sessions, "delete", "resourcequota", "sessions");
        }
    }

    private Task<string> PatchAsync(string what, string patch) =>
        cluster.Nodes.KubectlAsync("-n", GatewayCluster.Sessions, "patch", what, "--type=merge", "-p", patch);
}
