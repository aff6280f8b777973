using SshGateway.Ssh.Keys;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Ssh;
using Xunit.Abstractions;
using KernelMemory = SshGateway.Tests.Support.KernelMemory;
using TcpTable = SshGateway.Tests.Support.TcpTable;

namespace SshGateway.Tests.EndToEnd;

/// <summary>Clients that do not read, with far more to come than all buffers hold.</summary>
[Collection(EndToEndTests.Name)]
public sealed class SlowReaderTests(SharedGateway shared, ITestOutputHelper output)
{
    private const long Length = 1L << 28;
    private const int Clients = 6;

    // What a session may hold are two buffers of 256 KiB; the rest is the runtime's.
    private const long AllowedGrowth = 48 << 20;

    // Of the kernel, for each: what a client does not take, and what its pod has sent after that.
    private const long AllowedKernelMemory = 2 << 20;

    [RealSshFact("openssl", "sha256sum")]
    public async Task They_cost_little_memory_and_hold_up_only_themselves_and_get_everything_when_they_read()
    {
        ProxyProcess proxy = shared.Gateway.Proxies[0];
        PodSshd pod = shared.Pod(SharedGateway.Alpha);
        using SshPrivateKey key = KeyFile.Load(shared.UserKey.PrivateFile);
        // Buffers and code that any transfer brings.
        Assert.True((await shared.Client.RunAsync(SharedGateway.Alpha, "head -c 64M /dev/zero")).Succeeded);
        long before = proxy.Daemon.ResidentBytes();
        List<GreedyClient> clients = [];
        for (int i = 0; i < Clients; i++)
        {
            clients.Add(await GreedyClient.StartAsync(proxy.Ssh, SharedGateway.Alpha, key, ByteStream.Command(5, Length)));
        }

        // Up to the pod.
        await Eventually.TrueAsync(() => TcpTable.StuckFrom(pod.Endpoint) == Clients, "nobody is held up");

        (long toClients, long toClientsLimit) = await KernelMemory.FromAsync(proxy.Ssh);
        (long fromPod, long fromPodLimit) = await KernelMemory.ToAsync(pod.Endpoint);
        long kernel = (toClients + fromPod) / Clients;
        output.WriteLine($"Figure: kernel memory of a client that reads nothing: {toClients / Clients >> 10} KiB on its leg, {fromPod / Clients >> 10} KiB on the pod's; {(toClientsLimit + fromPodLimit) / Clients >> 10} KiB allowed");
        Assert.True(kernel < AllowedKernelMemory, $"{kernel >> 10} KiB of kernel memory for each client that reads nothing");

        foreach (string id in new[] { SharedGateway.Alpha, SharedGateway.Beta })
        {
            CommandResult other = await shared.Client.RunAsync(id, "echo $POD; head -c 16M /dev/zero | wc -c");
            Assert.True(other.Text == $"{id}\n{16 << 20}\n", $"{other}\n{shared.Gateway.Logs}");
        }

        long grown = proxy.Daemon.ResidentBytes() - before;
        output.WriteLine($"Figure: {Clients} clients that read nothing, with 256 MiB to come each: resident memory of the proxy {before >> 20} MiB before, {grown >> 10} KiB more then");
        Assert.True(grown < AllowedGrowth, $"{grown >> 20} MiB more than before");
        Assert.Equal(Clients, TcpTable.StuckFrom(pod.Endpoint));
        string expected = await ByteStream.ChecksumAsync(5, Length);
        Assert.Equal((Length, expected), await clients[0].ReadAsync());
        foreach (GreedyClient client in clients)
        {
            await client.DisposeAsync();
        }
    }

    [RealSshFact]
    public async Task One_that_never_reads_is_ended_as_lost()
    {
        const string Id = "never-reads";
        await using Gateway gateway = await Gateway.StartAsync(shared.Gateway.Keys, new GatewayOptions { ProxyArguments = [["--Proxy:PeerTimeout=00:00:10"]] });
        await using PodSshd pod = await gateway.AddPodAsync(Id, shared.UserKey);
        ProxyProcess proxy = gateway.Proxies[0];
        SshClient ssh = SshClient.Create(proxy.Ssh, shared.UserKey, gateway.Keys.HostKeys);
        Assert.True((await ssh.RunWhenKnownAsync(Id, "true")).Succeeded);
        using SshPrivateKey key = KeyFile.Load(shared.UserKey.PrivateFile);
        await using GreedyClient client = await GreedyClient.StartAsync(proxy.Ssh, Id, key, "head -c 1G /dev/zero");

        string end = await proxy.Daemon.WaitForLineAsync($"(ClientLost, blame Client, user \"{Id}\"", TimeSpan.FromMinutes(1));

        Assert.Contains("B sent", end, StringComparison.Ordinal);
        await pod.WaitForLogAsync("The client closed the connection.");
    }
}
