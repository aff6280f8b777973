using System.Globalization;
using System.Text;
using System.Text.Json;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Kubernetes;

namespace SshGateway.Tests.Integration.Deploy;

/// <summary>The keys that the leader makes, under exactly the role of deploy/.</summary>
[Collection(DeployGroup.Name)]
public sealed class KeyMakerTests(KubernetesServer server) : IDisposable
{
    private const string HostKeys = "secret/ssh-gateway-host-keys";
    private const string UserCa = "secret/ssh-gateway-user-ca";
    private const string UserCaMap = "configmap/ssh-gateway-user-ca";

    private static readonly string[] All = [HostKeys, UserCa, UserCaMap];

    // Several times as long as it takes when it is allowed.
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(6);

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [DeployedFact]
    public async Task Two_replicas_make_one_set_and_a_proxy_starts_with_it()
    {
        await DeleteAsync();
        Dictionary<string, string> made;
        await using (DeployedOperator first = await DeployedOperator.StartReplicaAsync(server))
        await using (DeployedOperator second = await DeployedOperator.StartReplicaAsync(server))
        {
            await UntilMadeAsync();
            made = await ReadAsync();
            Assert.True(first.IsLeader ^ second.IsLeader);
        }
        // The host keys come first: once they are made, the new leader has looked at them, and turns to the CA.
        await server.KubectlAsync("delete", "-n", "ssh-gateway", HostKeys);
        await using (DeployedOperator restarted = await DeployedOperator.StartReplicaAsync(server))
        {
            await UntilMadeAsync();
        }
        Dictionary<string, string> after = await ReadAsync();
        Assert.NotEqual(made[HostKeys], after[HostKeys]);
        Assert.Equal((made[UserCa], made[UserCaMap]), (after[UserCa], after[UserCaMap]));
        made = after;
        await AssertUsableAsync(made);
    }

    [DeployedFact]
    public async Task What_is_there_is_left_as_it_is()
    {
        await DeleteAsync();
        // Whoever brings keys of their own brings what they like.
        await Command.OutputAsync("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "mine", "-f", _directory.File("user_ca"));
        await server.KubectlAsync("create", "secret", "generic", "-n", "ssh-gateway", "ssh-gateway-host-keys", "--from-literal=ssh_host_ed25519_key=mine");
        await server.KubectlAsync("create", "secret", "generic", "-n", "ssh-gateway", "ssh-gateway-user-ca", $"--from-file={_directory.File("user_ca")}");
        Dictionary<string, string> own = await ReadAsync();

        // The operator cannot read the Secret, so it cannot say what the ConfigMap has to be.
        await using DeployedOperator gateway = await DeployedOperator.StartReplicaAsync(server);
        await Eventually.NeverAsync(async () => (await ReadAsync()).Count != own.Count, Long, "the CA of somebody's own was published");

        // As deploy/README.md says.
        await server.KubectlAsync("create", "configmap", "-n", "ssh-gateway", "ssh-gateway-user-ca", $"--from-file={_directory.File("user_ca.pub")}");
        own = await ReadAsync();
        await using DeployedOperator another = await DeployedOperator.StartReplicaAsync(server);
        await Eventually.NeverAsync(async () => !(await ReadAsync()).OrderBy(o => o.Key).SequenceEqual(own.OrderBy(o => o.Key)), Long, "something of somebody's own was changed");
    }

    [DeployedFact]
    public async Task A_CA_that_pods_trust_and_nobody_has_the_key_of_is_not_replaced()
    {
        await DeleteAsync();
        await server.KubectlAsync("create", "configmap", "-n", "ssh-gateway", "ssh-gateway-user-ca", "--from-literal=user_ca.pub=another's");

        await using DeployedOperator gateway = await DeployedOperator.StartReplicaAsync(server);
        // The host keys come first, the CA right after them.
        await Eventually.TrueAsync(async () => (await ReadAsync()).ContainsKey(HostKeys), "the host keys are made");
        await Eventually.NeverAsync(async () => (await ReadAsync()).ContainsKey(UserCa), Long, "a CA was made beside the one that pods trust");

        await server.KubectlAsync("delete", "-n", "ssh-gateway", UserCaMap);
        await UntilMadeAsync();
    }

    [DeployedFact]
    public async Task Without_the_Lease_nothing_is_written()
    {
        await DeleteAsync();
        string now = DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);
        _directory.Write("lease.yaml", $$"""
            apiVersion: coordination.k8s.io/v1
            kind: Lease
            metadata: {name: ssh-gateway-operator, namespace: ssh-gateway}
            spec: {holderIdentity: another, leaseDurationSeconds: 3600, acquireTime: "{{now}}", renewTime: "{{now}}"}
            """);
        await server.KubectlAsync("delete", "lease", "-n", "ssh-gateway", "ssh-gateway-operator", "--ignore-not-found");
        await server.KubectlAsync("apply", "-f", _directory.File("lease.yaml"));

        await using DeployedOperator gateway = await DeployedOperator.StartReplicaAsync(server);
        await Eventually.NeverAsync(async () => (await ReadAsync()).Count > 0, Long, "something was made without the Lease");
        Assert.False(gateway.IsLeader);

        await server.KubectlAsync("delete", "lease", "-n", "ssh-gateway", "ssh-gateway-operator");
        await UntilMadeAsync();
        Assert.True(gateway.IsLeader);
    }

    // As the proxy's Deployment mounts them: ssh-keygen reads them, the CA's halves belong together, and a proxy shows
    // them.
    private async Task AssertUsableAsync(Dictionary<string, string> made)
    {
        JsonElement container = (await Kustomize.RenderAsync("deploy")).Single(o => o.Kind() == "Deployment" && o.Name() == "ssh-gateway-proxy").At("spec.template.spec.containers")[0];
        List<string> arguments = ["--Proxy:Listen=127.0.0.1:0", "--Proxy:HttpListen=127.0.0.1:0", "--Proxy:Operators:0=127.0.0.1:1", "--Proxy:OperatorInsecure=true"];
        foreach (JsonElement variable in container.GetProperty("env").EnumerateArray())
        {
            string key = variable.GetProperty("name").GetString()!.Replace("__", ":", StringComparison.Ordinal);
            if (key is "Proxy:UserCaKey" or "Proxy:HostKeys:0")
            {
                // /etc/ssh-gateway/host-keys, a directory, and /etc/ssh-gateway/user-ca/user_ca, a file.
                string path = variable.GetProperty("value").GetString()!;
                bool isCa = key == "Proxy:UserCaKey";
                await MountAsync(made[isCa ? UserCa : HostKeys], Path.GetFileName(isCa ? Path.GetDirectoryName(path) : path)!);
                arguments.Add($"--{key}={_directory.File(Path.GetRelativePath("/etc/ssh-gateway", path))}");
            }
        }
        Assert.Equal(Values(made[UserCaMap])["user_ca.pub"], await Command.OutputAsync("ssh-keygen", "-y", "-f", _directory.File("user-ca/user_ca")));
        Assert.Contains("3072 SHA256:", await Command.OutputAsync("ssh-keygen", "-l", "-f", _directory.File("host-keys/ssh_host_rsa_key")), StringComparison.Ordinal);

        await using Daemon proxy = GatewayProgram.Start("proxy", "proxy", arguments);
        string port = (await proxy.WaitForLineAsync("SSH listening on ", TimeSpan.FromSeconds(60))).Split(' ')[0].Split(':')[^1];
        foreach ((string type, string file) in new[] { ("ed25519", "ssh_host_ed25519_key"), ("ecdsa", "ssh_host_ecdsa_key"), ("rsa", "ssh_host_rsa_key") })
        {
            string[] shown = (await Command.OutputAsync("ssh-keyscan", "-T", "30", "-p", port, "-t", type, "127.0.0.1")).Trim().Split(' ');
            Assert.Equal((await Command.OutputAsync("ssh-keygen", "-y", "-f", _directory.File($"host-keys/{file}"))).Trim().Split(' ')[..2], shown[^2..]);
        }
    }

    private async Task MountAsync(string secret, string directory)
    {
        Directory.CreateDirectory(_directory.File(directory));
        foreach ((string name, string content) in Values(secret))
        {
            string file = Path.Combine(directory, name);
            _directory.Write(file, Encoding.ASCII.GetString(Convert.FromBase64String(content)));
            await Command.OutputAsync("chmod", "600", _directory.File(file));
        }
    }

    private async Task DeleteAsync()
    {
        await DeployedOverlay.ApplyAsync(server);
        await server.KubectlAsync(["delete", "-n", "ssh-gateway", "--ignore-not-found", .. All]);
    }

    private Task UntilMadeAsync() => Eventually.TrueAsync(async () => (await ReadAsync()).Count == All.Length, "all keys are made");

    /// <returns>What there is of them, with their data as JSON.</returns>
    private async Task<Dictionary<string, string>> ReadAsync()
    {
        JsonElement list = JsonSerializer.Deserialize<JsonElement>(
            await server.KubectlAsync(["get", "-n", "ssh-gateway", "--ignore-not-found", "-o", "json", .. All]) is { Length: > 0 } text ? text : """{"items": []}""");
        return list.GetProperty("items").EnumerateArray().ToDictionary(
            o => $"{o.Kind().ToLowerInvariant()}/{o.Name()}", o => o.GetProperty("data").GetRawText());
    }

    private static Dictionary<string, string> Values(string data) => JsonSerializer.Deserialize<Dictionary<string, string>>(data)!;
}
