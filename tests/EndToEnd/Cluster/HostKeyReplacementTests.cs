using System.Text.Json;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>
/// Host keys that change while the proxies run: kubelet brings the changed Secret into their pods, and nothing
/// restarts.
/// </summary>
[Collection(ClusterGroup.Name)]
[Trait("Category", "Long")]
public sealed class HostKeyReplacementTests(GatewayCluster cluster)
{
    private const string Secret = "ssh-gateway-host-keys";
    private const string Next = "ssh_host_ed25519_key.next";

    private static readonly string Session = GatewayCluster.SessionOn(ClusterNodes.First);

    [ClusterFact]
    public async Task Clients_learn_a_key_that_is_added_beside_the_old_one()
    {
        KeyPair next = await KeyPair.GenerateAsync(ScratchDirectory.New("host-key"), Next);
        IReadOnlyList<JsonElement> proxies = await cluster.PodsAsync(GatewayCluster.Proxies);
        string before = GatewayPods.Describe(proxies);

        await ChangeAsync(new() { [Next] = await EncodeAsync(next) });
        try
        {
            foreach (JsonElement proxy in proxies)
            {
                // The client knows the old keys alone, and is shown one of them.
                SshClient client = (await ConnectToAsync(proxy)).With("UpdateHostKeys=yes");
                CommandResult? login = null;
                await Eventually.TrueAsync(
                    async () =>
                    {
                        login = await client.RunAsync(Session, "hostname");
                        Assert.True(login.Succeeded, login.ToString());
                        return (await File.ReadAllTextAsync(client.KnownHosts)).Contains(next.PublicLine.Split(' ')[1], StringComparison.Ordinal);
                    },
                    () => $"{proxy.Name()} did not tell its new key: {login}");
            }
        }
        finally
        {
            await ChangeAsync(new() { [Next] = null });
        }
        Assert.Equal(before, GatewayPods.Describe(await cluster.PodsAsync(GatewayCluster.Proxies)));
    }

    [ClusterFact]
    public async Task New_connections_are_shown_keys_that_replaced_all_old_ones_and_open_ones_live_on()
    {
        IReadOnlyList<JsonElement> proxies = await cluster.PodsAsync(GatewayCluster.Proxies);
        string before = GatewayPods.Describe(proxies);
        SshClient[] old = await Task.WhenAll(proxies.Select(ConnectToAsync));
        SshClient open = old[0].With($"ControlPath={ScratchDirectory.New("master")}/socket");
        await using Daemon master = open.Start(Session, ["-M", "-N"]);
        string[] overTheMaster = [.. open.Arguments(Session), "-O", "check", SshClient.Host];
        await Eventually.TrueAsync(async () => (await open.RunProgramAsync("ssh", overTheMaster)).Succeeded, () => $"the master does not answer: {master.Output}");

        Dictionary<string, string?> oldKeys = (await cluster.GetAsync("secret", Secret, GatewayCluster.Gateway)).GetProperty("data")
            .EnumerateObject().Where(key => key.Name != Next).ToDictionary(key => key.Name, key => key.Value.GetString());
        await ChangeAsync(await MakeAnewAsync(oldKeys.Keys));
        try
        {
            SshClient[] knowing = await Task.WhenAll(proxies.Select(ConnectToAsync));
            foreach ((SshClient client, SshClient ignorant) in knowing.Zip(old))
            {
                await UntilLoggedInAsync(client);
                CommandResult refused = await ignorant.RunAsync(Session, "hostname");
                Assert.Contains("REMOTE HOST IDENTIFICATION HAS CHANGED", refused.ErrorText, StringComparison.Ordinal);
            }
            CommandResult overOpen = await open.RunAsync(Session, "hostname");
            Assert.Equal($"claude-{Session}\n", overOpen.Text);
            Assert.False(master.HasExited, master.Output);
        }
        finally
        {
            await ChangeAsync(oldKeys);
            foreach (SshClient client in old)
            {
                await UntilLoggedInAsync(client);
            }
        }
        Assert.Equal(before, GatewayPods.Describe(await cluster.PodsAsync(GatewayCluster.Proxies)));
    }

    // Straight to the pod, so that each proxy is asked.
    private Task<SshClient> ConnectToAsync(JsonElement proxy) => cluster.ConnectToAsync(proxy.At("status.podIP").GetString()!, GatewayCluster.Port);

    private static async Task UntilLoggedInAsync(SshClient client)
    {
        CommandResult? login = null;
        await Eventually.TrueAsync(async () => (login = await client.RunAsync(Session, "hostname")).Succeeded, () => $"{login}");
    }

    private Task<string> ChangeAsync(Dictionary<string, string?> keys) => cluster.Nodes.KubectlAsync(
        "-n", GatewayCluster.Gateway, "patch", "secret", Secret, "--type=merge", "-p", JsonSerializer.Serialize(new { data = keys }));

    // ssh_host_ed25519_key: the type is in the name.
    private static async Task<Dictionary<string, string?>> MakeAnewAsync(IEnumerable<string> names)
    {
        var keys = new Dictionary<string, string?>();
        foreach (string name in names)
        {
            keys[name] = await EncodeAsync(await KeyPair.GenerateAsync(ScratchDirectory.New("host-key"), name, name.Split('_')[2]));
        }
        return keys;
    }

    private static async Task<string> EncodeAsync(KeyPair key) => Convert.ToBase64String(await File.ReadAllBytesAsync(key.PrivateFile));
}
