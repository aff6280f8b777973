using System.Net;
using SshGateway.Tests.EndToEnd.FeedFaults;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>
/// Clients whose machine is gone, for a while or for good: nobody says so. The times are those of a laptop, scaled
/// down.
/// </summary>
[Collection(OwnGatewayTests.Name)]
[Trait("Category", "Long")]
public sealed class DeadPeerTests(SharedGateway shared)
{
    private static readonly IPEndPoint Ssh = new(LossyNetwork.LeftAddress, 2222);

    [RealSshFact("ip")]
    public async Task A_session_whose_client_has_vanished_ends()
    {
        await using SleepingClient client = await SleepingClient.StartAsync(shared, "vanished", "--Proxy:UnreachableClientTimeout=00:00:10");

        await client.Network.LoseAllAsync();

        // Nothing is sent in this session; the kernel's probes go unanswered.
        await client.Proxy.WaitForLineAsync("(ClientLost, blame", TimeSpan.FromMinutes(1));
        await client.Pod.WaitForLogAsync("The client closed the connection.");
    }

    // Twelve minutes asleep, with PeerTimeout at ten.
    [RealSshFact("ip")]
    public async Task A_session_to_which_nothing_is_sent_outlives_PeerTimeout()
    {
        await using SleepingClient client = await SleepingClient.StartAsync(shared, "asleep", "--Proxy:PeerTimeout=00:00:10", "--Proxy:UnreachableClientTimeout=00:00:24");

        await client.Network.LoseAllAsync();
        // The first one is sent after 12 s, and then one every 3 s: with the third one PeerTimeout is over.
        await Eventually.TrueAsync(() => TcpTable.UnansweredProbes(Ssh, client.Proxy.Id) >= 3, "no probes went unanswered");
        await client.Network.LoseNothingAsync();
        // The next probe is answered.
        await Eventually.TrueAsync(() => TcpTable.UnansweredProbes(Ssh, client.Proxy.Id) == 0, "the probes stay unanswered");

        client.HavePodSpeak();
        await client.Client.WaitForLineAsync("the pod speaks");
        Assert.DoesNotContain("ended:", client.Proxy.Output, StringComparison.Ordinal);
    }

    [RealSshFact("ip")]
    public async Task A_session_to_which_something_is_sent_has_PeerTimeout()
    {
        await using SleepingClient client = await SleepingClient.StartAsync(shared, "deaf", "--Proxy:PeerTimeout=00:00:10", "--Proxy:UnreachableClientTimeout=02:00:00");

        await client.Network.LoseAllAsync();
        client.HavePodSpeak();

        await client.Proxy.WaitForLineAsync("(ClientLost, blame", TimeSpan.FromMinutes(1));
    }

    /// <summary>A whole gateway and a pod on one side of a network, and ssh in an open session on the other.</summary>
    private sealed class SleepingClient : IAsyncDisposable
    {
        private readonly List<IAsyncDisposable> _parts = [];
        private readonly FeedKeys _keys = new();
        private readonly FeedAuthority _authority = new();
        private readonly string _cue = Path.Combine(ScratchDirectory.New("cue"), "speak");

        public LossyNetwork Network { get; private set; } = null!;

        public PodSshd Pod { get; private set; } = null!;

        public Daemon Proxy { get; private set; } = null!;

        public Daemon Client { get; private set; } = null!;

        public static async Task<SleepingClient> StartAsync(SharedGateway shared, string id, params string[] proxyArguments)
        {
            var client = new SleepingClient();
            try
            {
                await client.StartPartsAsync(shared, id, proxyArguments);
                return client;
            }
            catch
            {
                await client.DisposeAsync();
                throw;
            }
        }

        /// <summary>The command in the session prints a line.</summary>
        public void HavePodSpeak() => File.WriteAllText(_cue, "");

        public async ValueTask DisposeAsync()
        {
            foreach (IAsyncDisposable part in Enumerable.Reverse(_parts))
            {
                await part.DisposeAsync();
            }
            _keys.Dispose();
            _authority.Dispose();
        }

        private async Task StartPartsAsync(SharedGateway shared, string id, string[] proxyArguments)
        {
            GatewayKeys gateway = shared.Gateway.Keys;
            _keys.PutAuthorities(_authority);
            _keys.PutLeaf(_authority, LossyNetwork.LeftAddress);
            Network = Part(await LossyNetwork.StartAsync());
            Pod = Part(await PodSshd.StartAsync(new PodOptions(id, id, gateway.UserCa.PublicFile) { NetworkSpace = Network.Left }));
            var manifests = new ManifestDirectory();
            manifests.Write(new SessionManifest(id, [shared.UserKey.PublicLine]) { Port = Pod.Endpoint.Port }, new PodManifest(id, id, Pod.Endpoint.Address));
            Daemon feed = Part(LossyNetwork.StartProgram(Network.Left, "operator",
            [
                "--Operator:Source=Directory", $"--Operator:Directory={manifests.Location}", $"--Operator:FeedListen={LossyNetwork.LeftAddress}:7443",
                "--Operator:HttpListen=127.0.0.1:8081", "--Operator:AllowLoopbackPods=true", .. _keys.OperatorArguments,
            ]));
            await feed.WaitForLineAsync("Probes listening on ");
            Proxy = Part(LossyNetwork.StartProgram(Network.Left, "proxy",
            [
                "--Proxy:Id=p", $"--Proxy:Listen={Ssh}", "--Proxy:HttpListen=127.0.0.1:8080", $"--Proxy:Operators:0={LossyNetwork.LeftAddress}:7443",
                .. proxyArguments, .. _keys.ProxyArguments, $"--Proxy:UserCaKey={gateway.UserCa.PrivateFile}",
                .. gateway.HostKeys.Select((key, number) => $"--Proxy:HostKeys:{number}={key.PrivateFile}"),
            ]));
            await Proxy.WaitForLineAsync("Synchronized with operator");
            SshClient ssh = SshClient.Create(Ssh, shared.UserKey, gateway.HostKeys);
            string command = $"echo in; until [ -e {_cue} ]; do sleep 0.1; done; echo the pod speaks; sleep 600";
            Client = Part(Daemon.Start("ssh", "ip", LossyNetwork.In(Network.Right, ["ssh", .. ssh.Arguments(id), SshClient.Host, command])));
            await Client.WaitForLineAsync("in");
        }

        private T Part<T>(T part)
            where T : IAsyncDisposable
        {
            _parts.Add(part);
            return part;
        }
    }
}
