using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;

namespace SshGateway.Proxy.Relay;

/// <summary>Relays the connection protocol (RFC 4254); every other message is the leg's own.</summary>
internal static class RelayRules
{
    public static Disposition FromClient(in InboundPacket packet)
    {
        byte number = packet.Number;
        if (number is >= MessageNumber.GlobalRequest and <= MessageNumber.ConnectionLast)
        {
            return Disposition.Relay;
        }
        return number switch
        {
            // RFC 4252 section 5.1: requests that were under way when the login succeeded are ignored.
            MessageNumber.UserAuthRequest => Disposition.Drop,
            _ => OnEitherLeg(number),
        };
    }

    public static Disposition FromPod(in InboundPacket packet)
    {
        byte number = packet.Number;
        if (number is >= MessageNumber.GlobalRequest and <= MessageNumber.ConnectionLast)
        {
            return number == MessageNumber.GlobalRequest && IsHostKeysAnnouncement(packet.Payload) ? Disposition.Drop : Disposition.Relay;
        }
        return number is >= MessageNumber.UserAuthRequest and <= MessageNumber.UserAuthLast ? Disposition.Violation : OnEitherLeg(number);
    }

    // 2 to 4 mean something on their own leg only: the sequence number in UNIMPLEMENTED counts that leg's packets.
    // EXT_INFO of the other leg would promise what the gateway does not do.
    private static Disposition OnEitherLeg(byte number) => number switch
    {
        // Some servers and clients answer keepalives with it.
        MessageNumber.Unimplemented => Disposition.SignalLife,
        MessageNumber.Disconnect or MessageNumber.Ignore or MessageNumber.Debug or MessageNumber.ExtInfo
            or (>= MessageNumber.KexInit and <= MessageNumber.KexLast) or MessageNumber.Ping or MessageNumber.Pong => Disposition.Transport,
        // RFC 4253 section 11.4.
        _ => Disposition.Unimplemented,
    };

    // hostkeys-00@openssh.com (OpenSSH PROTOCOL section 2.5) lists the pod's host keys; the client would store them as
    // the gateway's. It wants no reply, so leaving it out upsets no order of replies.
    // OpenSSH accepts a NUL at the end of a name (sshbuf_get_cstring).
    private static bool IsHostKeysAnnouncement(ReadOnlySpan<byte> payload) =>
        payload[1..].StartsWith("\0\0\0\x17hostkeys-00@openssh.com"u8) || payload[1..].StartsWith("\0\0\0\x18hostkeys-00@openssh.com\0"u8);
}
