using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Relay;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Transport;
using SshGateway.Tests.Support.Ssh;

namespace SshGateway.Tests.Unit.Relay;

/// <summary>
/// A client, the bridge's two legs, and a pod, over two real connections: ClientPeer ⇄ (client leg, bridge, pod leg) ⇄
/// PodPeer.
/// </summary>
internal sealed class BridgeRig : IAsyncDisposable
{
    private readonly LegPair _front;
    private readonly LegPair _back;

    private BridgeRig(LegPair front, LegPair back)
    {
        _front = front;
        _back = back;
    }

    /// <summary>Where the client is.</summary>
    public SshClientTransport ClientPeer => _front.Client;

    /// <summary>Where the pod's sshd is.</summary>
    public SshServerTransport PodPeer => _back.Server;

    public SshServerTransport SshServerTransport => _front.Server;

    public SshClientTransport SshClientTransport => _back.Client;

    public Bridge Bridge { get; private set; } = null!;

    public Task<ConnectionOutcome> Running { get; private set; } = null!;

    /// <param name="limits">Of the bridge's legs and their peers'; the bridge's own start exchanges by them, the peers
    /// only where the test says so.</param>
    /// <param name="podLimits">Of the pod's and its peer's, if not the same.</param>
    /// <param name="hostKey">What the client leg shows.</param>
    /// <param name="time">The bridge's and its legs'.</param>
    public static async Task<BridgeRig> StartAsync(
        RekeyLimits? limits = null, SshPrivateKey? hostKey = null, TimeProvider? time = null, RekeyLimits? podLimits = null)
    {
        var rig = new BridgeRig(
            await LegPair.ConnectAsync(hostKey: hostKey, limits: limits, serverTime: time),
            await LegPair.ConnectAsync(limits: podLimits ?? limits, time: time, serverTime: TimeProvider.System));
        await Task.WhenAll(rig._front.HandshakeAsync(), rig._back.HandshakeAsync());
        rig.ClientPeer.EnterRelaying();
        rig.PodPeer.EnterRelaying();
        rig.Bridge = new Bridge(rig.SshServerTransport, rig.SshClientTransport, "abc12", time ?? TimeProvider.System);
        rig.Running = rig.Bridge.RunAsync();
        return rig;
    }

    public async ValueTask DisposeAsync()
    {
        await _front.DisposeAsync();
        await _back.DisposeAsync();
    }
}
