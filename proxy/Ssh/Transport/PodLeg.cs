using SshGateway.Proxy.Sockets;
using SshGateway.Proxy.Ssh.KeyExchange;
using SshGateway.Proxy.Ssh.Keys;

namespace SshGateway.Proxy.Ssh.Transport;

/// <summary>The transport to the pod's sshd, where the gateway is the client.</summary>
internal sealed class PodLeg : Leg
{
    private readonly ClientKeyExchange _keyExchange;

    /// <param name="socket">The connection.</param>
    /// <param name="offer">Our algorithms.</param>
    /// <param name="checkHostKey">Throws when the pod must not have this host key. Called once its signature is verified, before anything secret is sent.</param>
    /// <param name="rekeyLimits">When we start a key exchange.</param>
    /// <param name="time">The clock.</param>
    public PodLeg(IPeerSocket socket, KexOffer offer, Action<PresentedKey> checkHostKey, RekeyLimits rekeyLimits, TimeProvider time) : base(socket, time) =>
        _keyExchange = new ClientKeyExchange(socket, Input, Output, offer, checkHostKey, rekeyLimits, Abort, time);

    protected override LegKeyExchange KeyExchange => _keyExchange;

    protected override int LinesBeforeIdentification => Identification.MaximumPrecedingLines;
}
