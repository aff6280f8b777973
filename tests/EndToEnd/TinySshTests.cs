using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>
/// A pod whose SSH server is TinySSH. Before version 20260906 it answers keepalives with UNIMPLEMENTED.
/// </summary>
[Collection(OwnGatewayTests.Name)]
public sealed class TinySshTests(SharedGateway shared)
{
    private const string Id = "tinyssh";

    [RealSshFact("tinysshd", "tinysshd-makekey", "socat", "unshare")]
    public async Task A_keepalive_that_the_pod_does_not_implement_keeps_the_session()
    {
        KeyPair key = await KeyPair.GenerateAsync(ScratchDirectory.New("gateway-key"), "gateway_key");
        string[] arguments = ["--Proxy:UserCaKey=", $"--Proxy:GatewayKey={key.PrivateFile}"];
        await using Gateway gateway = await Gateway.StartAsync(
            shared.Gateway.Keys, new GatewayOptions { ProxyArguments = [arguments] });
        await using TinySshPod pod = await TinySshPod.StartAsync(Id, key.PublicLine);
        gateway.Manifests.Write(
            new SessionManifest(Id, [shared.UserKey.PublicLine]) { Port = pod.Endpoint.Port },
            new PodManifest(Id, Id, pod.Endpoint.Address));
        SshClient client = SshClient.Create(gateway.Proxies[0].Ssh, shared.UserKey, gateway.Keys.HostKeys);
        CommandResult first = await client.RunWhenKnownAsync(Id, "echo in the pod; exit 3");
        Assert.True(first.ExitCode == 3, $"{first}\n{pod.Log}\n{gateway.Logs}");
        Assert.Equal("in the pod\n", first.Text);

        // ssh gives up after two keepalives without a sign of life, within three seconds.
        CommandResult result = await client
            .With("ServerAliveInterval=1", "ServerAliveCountMax=2")
            .RunAsync(Id, "sleep 5; echo alive");

        Assert.True(result.Succeeded, $"{result}\n{pod.Log}\n{gateway.Logs}");
        Assert.Equal("alive\n", result.Text);
    }
}
