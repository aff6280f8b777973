using System.Runtime.CompilerServices;
using System.Text;
using SshGateway.Proxy.Limits;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Passthrough;
using SshGateway.Proxy.SshConnections;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;

namespace SshGateway.Proxy.Listening;

/// <summary>
/// Tells clients why a limit refuses them. ssh shows the text of a DISCONNECT, but that takes a key exchange; a line
/// before the identification costs nothing, and ssh shows it with -v only. So a few clients a second get the one, and
/// all others the other.
/// </summary>
internal sealed class RefusedClients(ServerTransportFactory transports, ClientLimits limits, SshConnectionTimeouts timeouts, TimeProvider time)
{
    // How long a client may take to read why.
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(1);

    /// <summary>Does not throw.</summary>
    /// <param name="reader">Reads what comes first from it.</param>
    /// <param name="isIdentified">Whether it is known who it is: a balancer's header has been read.</param>
    public async Task DisconnectAsync(IPeerSocket socket, PrefaceReader reader, Refusal refusal, bool isIdentified)
    {
        if (!limits.Explanations.TryTake())
        {
            // RFC 4253 section 4.2: a server may send other lines before its identification.
            await LingeringClose.SendAsync(socket, Encoding.ASCII.GetBytes(refusal.Sentence + "\r\n"), Linger, time).ConfigureAwait(false);
            return;
        }
        using var deadline = new Deadline(time, socket.Abort);
        deadline.Set(timeouts.KeyExchange);
        try
        {
            if (!isIdentified)
            {
                await reader.ReadClientAsync().ConfigureAwait(false);
            }
            await DisconnectAsync(socket, reader, refusal).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is PeerGoneException or PeerDisconnectedException or SshProtocolException or SshFormatException or PrefaceException)
        {
            // It does not want to know.
        }
    }

    private async Task DisconnectAsync(IPeerSocket socket, PrefaceReader reader, Refusal refusal)
    {
        if (await reader.ReadAsync().ConfigureAwait(false) is not { } preface)
        {
            return;
        }
        if (preface.Connect is not null)
        {
            await LingeringClose.SendAsync(socket, HttpReply.Unavailable(refusal.Sentence), Linger, time).ConfigureAwait(false);
            return;
        }
        SshServerTransport leg = transports.Create(socket, preface.Unread.Span);
        await using ConfiguredAsyncDisposable disposal = leg.ConfigureAwait(false);
        await leg.HandshakeAsync().ConfigureAwait(false);
        DisconnectReason reason = refusal.End == ConnectionEnd.SourcePenalized ? DisconnectReason.ByApplication : DisconnectReason.TooManyConnections;
        await leg.DisconnectAsync(reason, refusal.Sentence).ConfigureAwait(false);
        await leg.DrainAsync(Linger).ConfigureAwait(false);
    }
}
