using SshGateway.Ssh.Transport;

namespace SshGateway.Proxy.Relay;

/// <summary>
/// The rules of a bridge with a tap. They are rules of their own, so that a bridge without one does not even ask.
/// </summary>
internal sealed class TappedRules(GlobalRequests requests, IRelayTap tap)
{
    public Disposition FromClient(in InboundPacket packet)
    {
        Disposition disposition = requests.FromClient(packet);
        if (disposition is Disposition.Relay or Disposition.RelayThenAnswer)
        {
            tap.FromClient(packet.Payload);
        }
        return disposition;
    }

    public Disposition FromPod(in InboundPacket packet)
    {
        Disposition disposition = requests.FromPod(packet);
        if (disposition is Disposition.Relay or Disposition.RelayThenAnswer)
        {
            tap.FromPod(packet.Payload);
        }
        return disposition;
    }
}
