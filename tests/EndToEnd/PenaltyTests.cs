using System.Net.Sockets;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Ssh;
using SshGateway.Tests.Support.SshConnections;

namespace SshGateway.Tests.EndToEnd;

/// <summary>
/// All users of a gateway have its address: a pod's sshd that penalises addresses must have no reason to.
/// </summary>
[Collection(EndToEndTests.Name)]
public sealed class PenaltyTests(SharedGateway shared)
{
    private const int Failures = 1000;
    private const string Penalized = "penalty: ";

    [NewOpenSshFact]
    public async Task A_thousand_failed_logins_at_the_gateway_cost_the_next_good_one_nothing()
    {
        const string Id = "penalties";
        await using PodSshd pod = await shared.AddPodAsync(Id);
        Assert.True((await shared.Client.RunWhenKnownAsync(Id, "true")).Succeeded);
        using var stranger = Ed25519PrivateKey.Generate();

        await Parallel.ForAsync(0, Failures, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (_, _) => await FailAsync(Id, stranger));
        CommandResult good = await shared.Client.RunAsync(Id, "echo $POD");

        Assert.True(good.Text == "penalties\n", $"{good}\n{pod.Log}");
        Assert.DoesNotContain(Penalized, pod.Log, StringComparison.Ordinal);
        // This sshd does penalise: another address, which fails at it directly, is soon refused.
        KeyPair wrong = await KeyPair.GenerateAsync(ScratchDirectory.New("wrong"), "id");
        SshClient direct = SshClient.Create(pod.Endpoint, wrong, pod.HostKeys).With("BindAddress=127.0.0.98");
        await Eventually.TrueAsync(
            async () =>
            {
                await direct.RunAsync("root", "true");
                return pod.Log.Contains(Penalized, StringComparison.Ordinal);
            },
            "the pod's sshd penalises nobody");
        shared.Gateway.Manifests.Remove(Id);
    }

    private async Task FailAsync(string id, SshPrivateKey stranger)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(shared.Gateway.Proxies[0].Ssh);
        await using var client = new SshClientTransport(new AsyncSocket(socket), LegPair.Everything, _ => true, new RekeyLimits(null), TimeProvider.System);
        await client.HandshakeAsync().Limited();
        await client.ReceiveAsync().Limited();
        await client.Output.SendAsync(AuthMessages.Signed(client, id, stranger)).Limited();
        Assert.Equal(MessageNumber.UserAuthFailure, (await client.ReceiveAsync().Limited()).Number);
    }
}
