using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>
/// Key exchanges of stock ssh and sshd that stall, because one direction of the leg has fallen silent before the data
/// came that made the exchange due: whoever asked for it, its answer or what follows does not come. Both ends of all
/// sessions have data to send.
/// </summary>
[Collection(OwnGatewayTests.Name)]
public sealed class StalledExchangeTests(SharedGateway shared)
{
    private const string Bystander = "bystander";
    private const string ClientAsks = "client-asks";
    private const string ClientIsAsked = "client-is-asked";
    private const string PodAsks = "pod-asks";
    private const string PodIsAsked = "pod-is-asked";
    private const string PeersLimit = "RekeyLimit 256K";
    private const long AllowedGrowth = 48 << 20;

    private static readonly string[] Stalling = [ClientAsks, ClientIsAsked, PodAsks, PodIsAsked];
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(4);

    [RealSshFact]
    [Trait("Category", "Long")]
    public async Task They_cost_little_memory_and_hold_up_nobody_else_and_end()
    {
        await using Gateway gateway = await Gateway.StartAsync(
            shared.Gateway.Keys, new GatewayOptions { ProxyArguments = [["--Proxy:RekeyBytes=600000"]] });
        ProxyProcess proxy = gateway.Proxies[0];
        SshClient direct = SshClient.Create(proxy.Ssh, shared.UserKey, gateway.Keys.HostKeys);
        await using PodSshd bystander = await gateway.AddPodAsync(Bystander, shared.UserKey);
        CommandResult first = await direct.RunWhenKnownAsync(Bystander, "head -c 64M /dev/zero");
        Assert.True(first.Succeeded, $"{first.ErrorText}\n{gateway.Logs}");
        long before = proxy.Daemon.ResidentBytes();
        List<IAsyncDisposable> open = [];
        int sessions = 1;
        foreach (string id in Stalling)
        {
            PodSshd pod = await PodSshd.StartAsync(
                new PodOptions(id, id, gateway.Keys.UserCa.PublicFile) { ExtraConfig = id == PodAsks ? [PeersLimit] : [] });
            bool onClientLeg = id is ClientAsks or ClientIsAsked;
            Mute mute = new();
            // What comes to the one that asked, or from the one that is asked.
            bool there = id is ClientIsAsked or PodAsks;
            TamperingRelay relay = TamperingRelay.Start(
                onClientLeg ? proxy.Ssh : pod.Endpoint, Loopback.ForPod(), there ? mute : null, there ? null : mute);
            open.AddRange([pod, relay]);
            sessions++;
            gateway.Manifests.Write(
                new SessionManifest(id, [shared.UserKey.PublicLine]) { Port = onClientLeg ? pod.Endpoint.Port : relay.Endpoint.Port },
                new PodManifest(id, id, onClientLeg ? pod.Endpoint.Address : relay.Endpoint.Address));
            await Eventually.TrueAsync(
                async () => (await Scrape.OfAsync(proxy.Http))["sshgateway_proxy_table_entries"] == sessions, $"the proxy does not know {id}");
            SshClient client = SshClient.Create(onClientLeg ? relay.Endpoint : proxy.Ssh, shared.UserKey, gateway.Keys.HostKeys);
            client = id == ClientAsks ? client.With(PeersLimit.Replace(' ', '=')) : client;
            string signs = ScratchDirectory.New(id);
            string data = $"until [ -e {signs}/muted ]; do sleep 0.1; done; head -c 10G /dev/zero";
            open.Add(Daemon.Start(
                id, "bash", ["-c", $"({data}) | {client.CommandLine(id)} {SshClient.Host} 'touch {signs}/running; ({data}) & cat > /dev/null' > /dev/null"]));
            await Eventually.TrueAsync(() => File.Exists($"{signs}/running"), $"{id} does not run");
            mute.Begin();
            await File.WriteAllTextAsync($"{signs}/muted", "");
        }

        CommandResult other = await direct.RunAsync(Bystander, "echo $POD");
        Assert.True(other.Text == "bystander\n", $"{other}\n{gateway.Logs}");
        await Eventually.TrueAsync(
            () =>
            {
                long grown = proxy.Daemon.ResidentBytes() - before;
                Assert.True(grown < AllowedGrowth, $"{grown >> 20} MiB more than before");
                return proxy.Daemon.Output.Split("KeyExchangeTimeout, blame ").Length - 1 == Stalling.Length;
            },
            Deadline,
            () => gateway.Logs);

        foreach (string id in Stalling)
        {
            string culprit = id.StartsWith("client", StringComparison.Ordinal) ? "Client" : "Pod";
            await proxy.Daemon.WaitForLineAsync($"({culprit}KeyExchangeTimeout, blame {culprit}, user \"{id}\"");
        }

        other = await direct.RunAsync(Bystander, "echo $POD");
        Assert.True(other.Text == "bystander\n", $"{other}\n{gateway.Logs}");
        open.Reverse();
        foreach (IAsyncDisposable one in open)
        {
            await one.DisposeAsync();
        }
    }
}
