using System.Text.Json;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;
using Xunit.Abstractions;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>Pods that end under open sessions: a session's and a proxy's.</summary>
[Collection(ClusterGroup.Name)]
[Trait("Category", "Long")]
public sealed class PodTests(GatewayCluster cluster, ITestOutputHelper output)
{
    private static readonly string There = GatewayCluster.SessionOn(ClusterNodes.Second);

    [ClusterFact]
    public async Task Logins_follow_a_pod_that_was_deleted_and_made_anew()
    {
        const string Session = "made-anew";
        await cluster.CreateSessionAsync(Session, ClusterNodes.Second);
        try
        {
            await cluster.WaitForSessionAsync(Session);
            (string uid, string key) before = await IdentityAsync(Session);
            await using OpenSession open = await OpenSession.StartAsync(cluster.Ssh, Session);
            await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Sessions, "delete", "pod", $"claude-{Session}");
            await ExpectClearEndAsync(open);
            await cluster.CreatePodAsync(Session, ClusterNodes.First);

            // Waits for the pod.
            CommandResult login = await cluster.Ssh.RunAsync(Session, "hostname", deadline: TimeSpan.FromSeconds(90));
            Assert.True(login.Succeeded, login.ToString());
            (string uid, string key) after = await IdentityAsync(Session);
            Assert.NotEqual(before.uid, after.uid);
            Assert.NotEqual(before.key, after.key);
        }
        finally
        {
            await cluster.DeleteSessionAsync(Session);
        }
    }

    [ClusterFact]
    public async Task Logins_go_on_after_a_sessions_container_was_killed()
    {
        (string uid, string key) before = await IdentityAsync(There);
        JsonElement pod = await cluster.GetAsync("pod", $"claude-{There}", GatewayCluster.Sessions);
        await using OpenSession open = await OpenSession.StartAsync(cluster.Ssh, There);
        await KillContainerAsync(pod);
        await ExpectClearEndAsync(open);

        await cluster.WaitForRestartAsync(pod);
        CommandResult login = await cluster.Ssh.RunAsync(There, "hostname", deadline: TimeSpan.FromSeconds(90));
        Assert.True(login.Succeeded, login.ToString());
        Assert.Equal(before, await IdentityAsync(There));
        await cluster.WaitForSessionAsync(There);
    }

    [ClusterFact]
    public async Task A_proxy_that_is_killed_ends_its_sessions_and_the_other_takes_logins_at_once()
    {
        JsonElement proxy = await cluster.PodOnAsync(ClusterNodes.First, GatewayCluster.Proxies);
        SshClient other = await cluster.ConnectToNodeAsync(ClusterNodes.Second);
        await using OpenSession open = await OpenSession.StartAsync(cluster.Ssh, There);
        await KillContainerAsync(proxy);

        CommandResult login = await other.RunAsync(There, "hostname");
        Assert.True(login.Succeeded, login.ToString());
        await ExpectClearEndAsync(open);
        await cluster.WaitForRestartAsync(proxy);
        await cluster.WaitUntilWholeAsync();
        login = await cluster.Ssh.RunAsync(There, "hostname");
        Assert.True(login.Succeeded, login.ToString());
    }

    private async Task ExpectClearEndAsync(OpenSession open)
    {
        await open.WaitForEndAsync();
        output.WriteLine(open.Ssh.Output);
        Assert.Equal(255, open.Ssh.ExitCode);
        Assert.Contains("closed", open.Ssh.Output, StringComparison.Ordinal);
    }

    /// <summary>SIGKILL for its first process, from outside: as when it runs out of memory.</summary>
    private async Task KillContainerAsync(JsonElement pod)
    {
        CommandResult killed = await cluster.Nodes.RunOnNodeAsync(pod.NodeOf(), $"ctr --namespace k8s.io task kill --signal SIGKILL {pod.ContainerOf()}");
        Assert.True(killed.Succeeded, killed.ToString());
    }

    /// <summary>A session's pod's uid, and its sshd's host key.</summary>
    private async Task<(string Uid, string HostKey)> IdentityAsync(string session)
    {
        JsonElement pod = await cluster.GetAsync("pod", $"claude-{session}", GatewayCluster.Sessions);
        string key = await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Sessions, "exec", pod.Name(), "--", "ssh-keygen", "-y", "-f", "/run/claude-ssh/keys/ssh_host_ed25519_key");
        return (pod.Uid(), key);
    }
}
