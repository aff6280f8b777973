using System.Net;
using System.Text;
using SshGateway.Exec.ApiServer;
using SshGateway.Exec.Authentication;
using SshGateway.Exec.Channels;
using SshGateway.Exec.Sessions;
using SshGateway.Ssh.Wire;

namespace SshGateway.Exec.Requests;

/// <summary>
/// Decides what a client may open: sessions, and connections to ports of its own pod. The session is looked up for each
/// channel, as its pod may have been replaced since the login.
/// </summary>
internal sealed class ChannelTargets(
    ExecSessionTable table, PodClient pods, ProcessRunner runner, RequestMetrics metrics, TimeProvider time, ILogger<ForwardedPort> forwardLogger)
{
    // A host name of DNS.
    private const int MaxHost = 255;

    private static readonly string[] Local = ["localhost", "localhost.localdomain", "ip6-localhost"];

    /// <summary>As <see cref="ChannelOpener"/>, for a login.</summary>
    public OpenFailure? Open(ExecLogin login, ReadOnlySpan<byte> type, SshReader fields, out IChannelTarget? target)
    {
        target = null;
        if (type.SequenceEqual("session"u8))
        {
            fields.End();
            if (FindCurrent(login, out ExecSession? session) is { } refusal)
            {
                return refusal;
            }
            target = new SessionChannel(login, session!, runner);
            return null;
        }
        return type.SequenceEqual("direct-tcpip"u8) ? OpenPort(login, fields, ref target) : Refuse(type);
    }

    //  string    host to connect
    //  uint32    port to connect
    //  string    originator IP address
    //  uint32    originator port
    private OpenFailure? OpenPort(ExecLogin login, SshReader fields, ref IChannelTarget? target)
    {
        ReadOnlySpan<byte> host = fields.ReadString();
        uint port = fields.ReadUInt32();
        fields.ReadString();
        fields.ReadUInt32();
        fields.End();
        if (!login.MayForwardPorts)
        {
            return Prohibit("Your certificate does not permit port forwarding.");
        }
        if (FindCurrent(login, out ExecSession? session) is { } refusal)
        {
            return refusal;
        }
        if (!IsPod(host, session!))
        {
            return Prohibit("Ports of this session's pod alone can be forwarded: name localhost as the target. The pod has no sshd, so it cannot connect to other hosts for you.");
        }
        if (port is 0 or > ushort.MaxValue)
        {
            return new OpenFailure(OpenFailureReason.ConnectFailed, $"Port {port} does not exist.");
        }
        target = new ForwardedPort(login, session!, (int)port, pods, metrics, time, forwardLogger);
        return null;
    }

    private OpenFailure? FindCurrent(ExecLogin login, out ExecSession? session)
    {
        string id = login.Session.SessionId;
        if (!table.TryGet(id, out session))
        {
            return Prohibit($"Session {id} no longer exists.");
        }
        if (session.PodUid != login.Session.PodUid)
        {
            return Prohibit($"The pod of session {id} was replaced. Connect again.");
        }
        return session.Refusal is { } sentence ? Prohibit(sentence) : null;
    }

    private static bool IsPod(ReadOnlySpan<byte> host, ExecSession session)
    {
        if (host.IsEmpty || host.Length > MaxHost)
        {
            return false;
        }
        string name = Encoding.UTF8.GetString(host);
        if (IPAddress.TryParse(name, out IPAddress? address))
        {
            address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
            return IPAddress.IsLoopback(address) || address.Equals(session.PodAddress);
        }
        return name == session.PodName || Local.Contains(name, StringComparer.OrdinalIgnoreCase);
    }

    // Each with the reason code that sshd gives (RFC 4254 section 5.1).
    private static OpenFailure Refuse(ReadOnlySpan<byte> type)
    {
        string? what = type.SequenceEqual("direct-streamlocal@openssh.com"u8) ? "Unix sockets cannot be forwarded to a pod without sshd."
            : type.SequenceEqual("tun@openssh.com"u8) ? "Tunnel devices cannot be forwarded to a pod without sshd."
            : type.SequenceEqual("x11"u8) || type.SequenceEqual("forwarded-tcpip"u8) || type.SequenceEqual("auth-agent@openssh.com"u8) ? "Servers open such channels, not clients."
            : null;
        return what is null ? new OpenFailure(OpenFailureReason.UnknownChannelType, "The channel type is not known here.") : Prohibit(what);
    }

    private static OpenFailure Prohibit(string sentence) => new(OpenFailureReason.AdministrativelyProhibited, sentence);
}
