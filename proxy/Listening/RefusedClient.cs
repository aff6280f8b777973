using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using SshGateway.Proxy.Limits;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Passthrough;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;

namespace SshGateway.Proxy.Listening;

/// <summary>
/// Tells a client why a limit refuses it. ssh shows the words of a DISCONNECT, but that takes a key exchange; a line before the identification costs nothing, and
/// ssh shows it with -v only. So a few clients a second get the one, and all others the other.
/// </summary>
internal sealed class RefusedClient(IPeerSocket socket, PrefaceReader reader, ConnectionServices services)
{
    // How long it may take to read why.
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(1);

    /// <summary>Does not throw.</summary>
    /// <param name="refused">Why.</param>
    /// <param name="isIdentified">Whether it is known who it is: a balancer's header has been read.</param>
    public async Task TellAsync(LoginRefusedException refused, bool isIdentified)
    {
        if (!services.Limits.Explanations.TryTake())
        {
            // RFC 4253 section 4.2: a server may send other lines before its identification.
            await LingeringClose.SayAsync(socket, Encoding.ASCII.GetBytes(refused.Message + "\r\n"), Linger, services.Time).ConfigureAwait(false);
            return;
        }
        using var deadline = new Deadline(services.Time, socket.Abort);
        deadline.Set(services.Options.KeyExchangeTimeout);
        try
        {
            await ExplainAsync(refused, isIdentified).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is PeerClosedException or PeerDisconnectedException or SocketException or ObjectDisposedException
            or SshProtocolException or SshFormatException or PrefaceException)
        {
            // It does not want to know.
        }
    }

    private async Task ExplainAsync(LoginRefusedException refused, bool isIdentified)
    {
        if (!isIdentified)
        {
            await reader.ReadClientAsync().ConfigureAwait(false);
        }
        if (await reader.ReadAsync().ConfigureAwait(false) is not { } preface)
        {
            return;
        }
        if (preface.Connect is not null)
        {
            await LingeringClose.SayAsync(socket, HttpReply.Unavailable(refused.Message), Linger, services.Time).ConfigureAwait(false);
            return;
        }
        var leg = new SshServerTransport(socket, services.Offer, services.HostKeys(), services.RekeyLimits, services.Time);
        await using ConfiguredAsyncDisposable disposal = leg.ConfigureAwait(false);
        leg.Input.Begin(preface.Unread.Span);
        await leg.HandshakeAsync().ConfigureAwait(false);
        DisconnectReason reason = refused.End == ConnectionEnd.SourcePenalized ? DisconnectReason.ByApplication : DisconnectReason.TooManyConnections;
        await leg.DisconnectAsync(reason, refused.Message).ConfigureAwait(false);
        await leg.DrainAsync(Linger).ConfigureAwait(false);
    }
}
