using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;

namespace SshGateway.Exec.Channels;

/// <summary>
/// The server's side of the SSH connection protocol (RFC 4254), on a connection whose client has logged in. One task
/// reads the connection and never waits for a process in a container; each channel has a task of its own.
/// </summary>
internal sealed class ConnectionProtocol(
    SshServerTransport leg, string connectionId, ChannelOpener opener, ChannelLimits limits, TimeProvider time, ILogger<ConnectionProtocol> logger) : IDisposable
{
    // The reader runs on the thread of the event loop. After this many bytes others get their turn.
    private const long BytesPerTurn = 256 * 1024;

    // How long a client may take to read why it is disconnected.
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);

    private readonly ReplySender _replies = new(leg);
    private readonly ChannelServer _channels = new(leg, connectionId, opener, limits, time, logger);

    /// <summary>Channels that are open.</summary>
    public int ChannelCount => _channels.Count;

    /// <summary>Runs until the connection ends. Its channels have ended then too.</summary>
    /// <inheritdoc cref="SshTransport.ReceiveAsync" path="/exception"/>
    public async Task RunAsync()
    {
        try
        {
            await ReadAsync().ConfigureAwait(false);
        }
        catch (SshProtocolException violation)
        {
            await DisconnectAsync(violation.Reason, violation.Message).ConfigureAwait(false);
            throw;
        }
        catch (SshFormatException malformed)
        {
            await DisconnectAsync(DisconnectReason.ProtocolError, malformed.Message).ConfigureAwait(false);
            throw;
        }
        finally
        {
            // Whoever waits for the client would wait for ever.
            leg.Abort();
            await _channels.EndAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Deals with a message behind the login. The connection's reader calls it.</summary>
    public ValueTask HandleAsync(InboundPacket packet)
    {
        switch (packet.Number)
        {
            case MessageNumber.ChannelData:
                return ReceiveDataAsync(packet);
            case MessageNumber.ChannelWindowAdjust:
                AdjustWindow(packet.Payload);
                return default;
            case MessageNumber.ChannelExtendedData:
                return ReceiveExtendedDataAsync(packet);
            case MessageNumber.ChannelRequest:
                return AnswerRequestAsync(packet.Payload);
            case MessageNumber.ChannelEof:
                FindOnly(packet.Payload).ReceiveEof();
                return default;
            case MessageNumber.ChannelClose:
                ReceiveClose(packet.Payload);
                return default;
            case MessageNumber.ChannelOpen:
                return _channels.OpenAsync(packet.Payload);
            case MessageNumber.GlobalRequest:
                return AnswerGlobalRequestAsync(packet.Payload);
            case MessageNumber.ChannelOpenConfirmation or MessageNumber.ChannelOpenFailure:
                // RFC 4254 section 5.1: they answer a channel of ours, and we open none.
                throw new SshProtocolException($"message {packet.Number} about a channel that was never opened");
            case MessageNumber.ChannelSuccess or MessageNumber.ChannelFailure or MessageNumber.RequestSuccess or MessageNumber.RequestFailure:
                // Nothing that is asked here wants a reply. sshd ignores them too.
                return default;
            case MessageNumber.UserAuthRequest:
                // RFC 4252 section 5.1: requests that were under way when the login succeeded are ignored.
                return default;
            default:
                // RFC 4253 section 11.4.
                return leg.SendUnimplementedAsync(packet.Sequence);
        }
    }

    /// <summary>Only when it does not run.</summary>
    public void Dispose() => _channels.Dispose();

    private async Task DisconnectAsync(DisconnectReason reason, string sentence)
    {
        await _channels.CancelAsync().ConfigureAwait(false);
        await leg.DisconnectAsync(reason, sentence).ConfigureAwait(false);
        await leg.DrainAsync(Linger).ConfigureAwait(false);
    }

    private async Task ReadAsync()
    {
        long turnEnds = leg.Input.TotalBytes + BytesPerTurn;
        while (true)
        {
            InboundPacket packet = await leg.ReceiveAsync().ConfigureAwait(false);
            await HandleAsync(packet).ConfigureAwait(false);
            await leg.TryStartRekeyAsync().ConfigureAwait(false);
            if (leg.Input.TotalBytes >= turnEnds)
            {
                turnEnds = leg.Input.TotalBytes + BytesPerTurn;
                await leg.Socket.Loop.YieldAsync(LoopPriority.Relay);
            }
        }
    }

    //  byte      SSH_MSG_CHANNEL_DATA
    //  uint32    recipient channel
    //  string    data
    private async ValueTask ReceiveDataAsync(InboundPacket packet)
    {
        var reader = new SshReader(packet.Payload[1..]);
        SshChannel channel = _channels.Find(reader.ReadUInt32());
        ReadOnlySpan<byte> data = reader.ReadString();
        reader.End();
        await channel.Receive(data).ConfigureAwait(false);
    }

    //  byte      SSH_MSG_CHANNEL_EXTENDED_DATA
    //  uint32    recipient channel
    //  uint32    data_type_code
    //  string    data
    private async ValueTask ReceiveExtendedDataAsync(InboundPacket packet)
    {
        var reader = new SshReader(packet.Payload[1..]);
        SshChannel channel = _channels.Find(reader.ReadUInt32());
        reader.ReadUInt32();
        int count = reader.ReadString().Length;
        reader.End();
        int adjustment = channel.ReceiveExtended(count);
        if (adjustment > 0)
        {
            await _replies.SendAsync(ChannelMessages.WindowAdjust(channel.RemoteId, (uint)adjustment), channel.MaySend).ConfigureAwait(false);
        }
    }

    //  byte      SSH_MSG_CHANNEL_WINDOW_ADJUST
    //  uint32    recipient channel
    //  uint32    bytes to add
    private void AdjustWindow(ReadOnlySpan<byte> payload)
    {
        var reader = new SshReader(payload[1..]);
        SshChannel channel = _channels.Find(reader.ReadUInt32());
        uint count = reader.ReadUInt32();
        reader.End();
        channel.AdjustWindow(count);
    }

    private ValueTask AnswerRequestAsync(ReadOnlySpan<byte> payload)
    {
        ChannelRequest request = ChannelRequest.Parse(payload);
        SshChannel channel = _channels.Find(request.Channel);
        channel.CheckOpen();
        bool success = channel.Target.HandleRequest(channel, request);
        return request.WantsReply ? channel.ReplyAsync(success) : default;
    }

    private void ReceiveClose(ReadOnlySpan<byte> payload)
    {
        SshChannel channel = FindOnly(payload);
        if (channel.ReceiveClose())
        {
            _channels.Forget(channel);
        }
    }

    private SshChannel FindOnly(ReadOnlySpan<byte> payload)
    {
        var reader = new SshReader(payload[1..]);
        SshChannel channel = _channels.Find(reader.ReadUInt32());
        reader.End();
        return channel;
    }

    //  byte      SSH_MSG_GLOBAL_REQUEST
    //  string    request name in US-ASCII only
    //  boolean   want reply
    // RFC 4254 section 4: what is not known fails, and that answers keepalives. Ports are not listened on in a pod
    // (tcpip-forward), and hostkeys-prove-00@openssh.com follows an announcement, which a relay does not make.
    private ValueTask AnswerGlobalRequestAsync(ReadOnlySpan<byte> payload)
    {
        var reader = new SshReader(payload[1..]);
        ReadOnlySpan<byte> name = reader.ReadString();
        bool wantsReply = reader.ReadBoolean();
        bool isNoMoreSessions = name.SequenceEqual("no-more-sessions@openssh.com"u8);
        if (isNoMoreSessions)
        {
            _channels.ForbidSessions();
        }
        return wantsReply ? _replies.SendAsync([isNoMoreSessions ? MessageNumber.RequestSuccess : MessageNumber.RequestFailure]) : default;
    }
}
