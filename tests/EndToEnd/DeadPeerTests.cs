using SshGateway.Tests.EndToEnd.FeedFaults;
using SshGateway.Tests.EndToEnd.Harness;
using SshGateway.Tests.Support;

namespace SshGateway.Tests.EndToEnd;

/// <summary>A client whose machine is gone: nobody says so.</summary>
[Collection(EndToEndTests.Name)]
public sealed class DeadPeerTests(SharedGateway shared)
{
    [RealSshFact("ip")]
    [Trait("Category", "Long")]
    public async Task A_session_whose_client_has_vanished_ends()
    {
        const string Id = "vanished";
        using var keys = new FeedKeys();
        using var authority = new FeedAuthority();
        keys.PutAuthorities(authority);
        keys.PutLeaf(authority, LossyNetwork.LeftAddress);
        var manifests = new ManifestDirectory();
        await using LossyNetwork network = await LossyNetwork.StartAsync();
        await using PodSshd pod = await PodSshd.StartAsync(new PodOptions(Id, Id, shared.Gateway.Keys.UserCa.PublicFile) { NetworkSpace = network.Left });
        manifests.Write(new SessionManifest(Id, [shared.UserKey.PublicLine]) { Port = pod.Endpoint.Port }, new PodManifest(Id, Id, pod.Endpoint.Address));
        await using Daemon feed = Start(network.Left, "sshgateway-operator",
        [
            "--Operator:Source=Directory", $"--Operator:Directory={manifests.Location}", $"--Operator:FeedListen={LossyNetwork.LeftAddress}:7443",
            "--Operator:HttpListen=127.0.0.1:8081", "--Operator:AllowLoopbackPods=true", .. keys.OperatorArguments,
        ]);
        await feed.WaitForLineAsync("Probes listening on ");
        await using Daemon proxy = Start(network.Left, "sshgateway-proxy",
        [
            "--Proxy:Id=p", $"--Proxy:Listen={LossyNetwork.LeftAddress}:2222", "--Proxy:HttpListen=127.0.0.1:8080", $"--Proxy:Operators:0={LossyNetwork.LeftAddress}:7443",
            "--Proxy:PeerTimeout=00:00:10", .. keys.ProxyArguments, $"--Proxy:UserCaKey={shared.Gateway.Keys.UserCa.PrivateFile}",
            .. shared.Gateway.Keys.HostKeys.Select((key, number) => $"--Proxy:HostKeys:{number}={key.PrivateFile}"),
        ]);
        await proxy.WaitForLineAsync("In step with operator");
        SshClient client = SshClient.Create(new(LossyNetwork.LeftAddress, 2222), shared.UserKey, shared.Gateway.Keys.HostKeys);
        await using Daemon ssh = Daemon.Start("ssh", "ip", LossyNetwork.In(network.Right, ["ssh", .. client.Arguments(Id), SshClient.Host, "echo in; sleep 600"]));
        await ssh.WaitForLineAsync("in");

        await network.LoseAllAsync();

        // Nothing is sent in this session; the kernel's probes go unanswered.
        await proxy.WaitForLineAsync("ended: ClientLost", TimeSpan.FromMinutes(1));
        await pod.WaitForLogAsync("The client closed the connection.");
    }

    private static Daemon Start(string space, string program, IEnumerable<string> arguments) => Daemon.Start(
        program, "ip", LossyNetwork.In(space, ["dotnet", Path.Combine(AppContext.BaseDirectory, program + ".dll"), .. arguments]));
}
