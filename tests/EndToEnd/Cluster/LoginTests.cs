using System.Text.Json;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>The ways to the proxies, and what is known afterwards of who came.</summary>
[Collection(ClusterGroup.Name)]
[Trait("Category", "Long")]
public sealed class LoginTests(GatewayCluster cluster)
{
    private const string ClientAddress = "198.51.100.100";

    [ClusterFact]
    public async Task By_the_balancers_address()
    {
        foreach (string node in (string[])[ClusterNodes.First, ClusterNodes.Second])
        {
            CommandResult login = await cluster.Ssh.RunAsync(GatewayCluster.SessionOn(node), "hostname; id -un");
            Assert.True(login.Succeeded, login.ToString());
            Assert.Equal($"claude-{GatewayCluster.SessionOn(node)}\nclaude\n", login.Text);
        }
    }

    [ClusterFact]
    public async Task By_a_node_port_of_each_node()
    {
        JsonElement service = await cluster.GetAsync("service", "ssh-gateway", GatewayCluster.Gateway);
        int port = service.At("spec.ports")[0].GetProperty("nodePort").GetInt32();
        foreach (string node in (string[])[ClusterNodes.First, ClusterNodes.Second])
        {
            SshClient client = await cluster.ConnectToAsync(ClusterNodes.AddressOf(node), port);
            CommandResult login = await client.RunAsync(GatewayCluster.SessionOn(ClusterNodes.First), "hostname");
            Assert.True(login.Succeeded, login.ToString());
        }
    }

    [ClusterFact]
    public async Task By_the_cluster_address_and_the_services_name_from_a_pod()
    {
        // Session pods have an ssh client, and the policies leave what they send alone.
        JsonElement service = await cluster.GetAsync("service", "ssh-gateway", GatewayCluster.Gateway);
        string knownHosts = string.Join("\\n", (await cluster.HostKeysAsync()).Select(key => $"gateway {key}"));
        string key = await File.ReadAllTextAsync(cluster.Alice.PrivateFile);
        foreach (string host in (string[])[service.At("spec.clusterIP").GetString()!, "ssh-gateway.ssh-gateway.svc.cluster.local", "ssh-gateway.ssh-gateway"])
        {
            string script = $"""
                umask 077; cd /tmp; cat >key <<'KEY'
                {key.TrimEnd()}
                KEY
                printf '{knownHosts}\n' >known_hosts
                ssh -F none -i key -o IdentitiesOnly=yes -o BatchMode=yes -o UserKnownHostsFile=known_hosts -o HostKeyAlias=gateway \
                  -p {GatewayCluster.Port} {GatewayCluster.SessionOn(ClusterNodes.Second)}@{host} hostname
                """;
            CommandResult login = await cluster.Nodes.TryKubectlAsync(
                "-n", GatewayCluster.Sessions, "exec", $"claude-{GatewayCluster.SessionOn(ClusterNodes.First)}", "--", "bash", "-c", script);

            Assert.True(login.Succeeded, $"{host}: {login}");
            Assert.Equal($"claude-{GatewayCluster.SessionOn(ClusterNodes.Second)}\n", login.Text);
        }
    }

    [ClusterFact]
    public async Task By_an_external_address_of_the_service()
    {
        const string External = "198.51.100.201";
        await cluster.Nodes.RunOnClientAsync("ip", ["route", "replace", External, "via", ClusterNodes.AddressOf(ClusterNodes.Second)]);
        await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Gateway, "patch", "service", "ssh-gateway", "-p", $$"""{"spec": {"externalIPs": ["{{External}}"]} }""");
        try
        {
            SshClient client = await cluster.ConnectToAsync(External, GatewayCluster.Port);
            CommandResult? login = null;
            // kube-proxy writes its rules a moment later.
            await Eventually.TrueAsync(
                async () => (login = await client.RunAsync(GatewayCluster.SessionOn(ClusterNodes.First), "hostname")).Succeeded, () => $"{login}");
        }
        finally
        {
            await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Gateway, "patch", "service", "ssh-gateway", "-p", """{"spec": {"externalIPs": null} }""");
        }
    }

    [ClusterFact]
    public async Task The_clients_own_address_is_in_the_log_the_audit_and_the_certificate()
    {
        CommandResult login = await cluster.Ssh.RunAsync(GatewayCluster.SessionOn(ClusterNodes.Second), "hostname");
        Assert.True(login.Succeeded, login.ToString());

        await Eventually.TrueAsync(
            async () =>
            {
                string log = await cluster.LogsAsync(GatewayCluster.Proxies);
                return log.Split('\n').Any(line => line.Contains($"{ClientAddress}:", StringComparison.Ordinal) && line.Contains(GatewayCluster.SessionOn(ClusterNodes.Second), StringComparison.Ordinal))
                    && log.Split('\n').Any(line => line.Contains("\"client\"", StringComparison.Ordinal) && line.Contains(ClientAddress, StringComparison.Ordinal));
            },
            "neither the log nor the audit log names the client's address");
        // LogLevel VERBOSE of the example pod: sshd writes the certificate's key id.
        string pod = await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Sessions, "logs", $"claude-{GatewayCluster.SessionOn(ClusterNodes.Second)}");
        Assert.Contains($"session={GatewayCluster.SessionOn(ClusterNodes.Second)} client={cluster.Alice.Fingerprint} from={ClientAddress}", pod, StringComparison.Ordinal);
    }
}
