using System.Runtime.CompilerServices;
using SshGateway.Hosting;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;

namespace SshGateway.Exec.Channels;

/// <summary>
/// The server's side of the SSH connection protocol (RFC 4254), on a connection whose client has logged in. One task
/// reads the connection and never waits for a process in a container; each channel has a task of its own.
/// </summary>
#pragma warning disable CA1001 // RunAsync disposes of what it owns when the connection has ended.
internal sealed partial class ConnectionProtocol(
#pragma warning restore CA1001
    SshServerTransport leg, string connectionId, ChannelOpener opener, ChannelLimits limits, TimeProvider time, ILogger<ConnectionProtocol> logger)
{
    // The reader runs on the thread of the event loop. After this many bytes others get their turn.
    private const long BytesPerTurn = 256 * 1024;

    // How long a client may take to read why it is disconnected.
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);

    private readonly ReplySender _replies = new(leg);
    private readonly ChannelTable _channels = new(limits.MaxChannels);
    private readonly WindowBudget _windows = new();
    private readonly RateLimit _opens = new(ChannelLimits.OpensPerPeriod, ChannelLimits.OpenPeriod, time);
    private readonly Lock _lock = new();
    private readonly HashSet<Task> _running = [];
    private readonly CancellationTokenSource _ended = new();
    private bool _noMoreSessions;

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
            await _ended.CancelAsync().ConfigureAwait(false);
            await AllChannels().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _ended.Dispose();
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
                return OpenAsync(packet.Payload);
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

    private async Task DisconnectAsync(DisconnectReason reason, string sentence)
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        await leg.DisconnectAsync(reason, sentence).ConfigureAwait(false);
        await leg.DrainAsync(Linger).ConfigureAwait(false);
    }

    private Task AllChannels()
    {
        lock (_lock)
        {
            return Task.WhenAll(_running);
        }
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
        SshChannel channel = Find(reader.ReadUInt32());
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
        SshChannel channel = Find(reader.ReadUInt32());
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
        SshChannel channel = Find(reader.ReadUInt32());
        uint count = reader.ReadUInt32();
        reader.End();
        channel.AdjustWindow(count);
    }

    private ValueTask AnswerRequestAsync(ReadOnlySpan<byte> payload)
    {
        ChannelRequest request = ChannelRequest.Parse(payload);
        SshChannel channel = Find(request.Channel);
        channel.CheckOpen();
        bool success = channel.Target.HandleRequest(channel, request);
        return request.WantsReply ? channel.ReplyAsync(success) : default;
    }

    private void ReceiveClose(ReadOnlySpan<byte> payload)
    {
        SshChannel channel = FindOnly(payload);
        if (channel.ReceiveClose())
        {
            Forget(channel);
        }
    }

    private ValueTask OpenAsync(ReadOnlySpan<byte> payload)
    {
        ChannelOpen open = ChannelOpen.Parse(payload);
        uint sender = open.Sender;
        IChannelTarget? target = null;
        uint number = 0;
        OpenFailure? failure = Check(open) ?? opener(open.Type, open.Fields, out target);
        if (failure is null && !_channels.TryTake(out number))
        {
            failure = new OpenFailure(OpenFailureReason.ResourceShortage, $"This connection has {limits.MaxChannels} channels, the maximum. Close one and try again.");
        }
        if (failure is not null)
        {
            Log.Refused(logger, connectionId, PeerText.OneLine(failure.Sentence));
            return _replies.SendAsync(ChannelMessages.OpenFailure(sender, failure));
        }
        var peer = new PeerChannel(sender, open.Window, open.MaxPacket);
        var task = Task.Run(() => ServeAsync(number, peer, target!), CancellationToken.None);
        lock (_lock)
        {
            _running.Add(task);
        }
        _ = task.ContinueWith(Ended, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return default;
    }

    private OpenFailure? Check(in ChannelOpen open)
    {
        if (_noMoreSessions && open.Type.SequenceEqual("session"u8))
        {
            // OpenSSH PROTOCOL section 2.3: a client that asks for it expects it of somebody who has taken it over.
            throw new SshProtocolException("a session was opened behind no-more-sessions@openssh.com");
        }
        if (open.MaxPacket < ChannelLimits.MinPeerPacket)
        {
            return new OpenFailure(OpenFailureReason.ResourceShortage, $"The maximum packet size is {open.MaxPacket} bytes; at least {ChannelLimits.MinPeerPacket} are needed.");
        }
        return _opens.TryTake() ? null : new OpenFailure(OpenFailureReason.ResourceShortage, "This connection opens channels too fast. Try again in a moment.");
    }

    private void Ended(Task task)
    {
        lock (_lock)
        {
            _running.Remove(task);
        }
    }

    private async Task ServeAsync(uint number, PeerChannel peer, IChannelTarget target)
    {
        await using ConfiguredAsyncDisposable disposal = target.ConfigureAwait(false);
        int window = _windows.Take();
        SshChannel? channel = null;
        try
        {
            if (await target.OpenAsync(_ended.Token).ConfigureAwait(false) is { } failure)
            {
                Log.Refused(logger, connectionId, PeerText.OneLine(failure.Sentence));
                _channels.Release(number);
                await leg.Output.SendAsync(ChannelMessages.OpenFailure(peer.Id, failure)).ConfigureAwait(false);
                return;
            }
            var closed = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token);
            channel = new SshChannel(number, peer, window, target, _channels, leg.Output, _replies, closed);
            // The client may use the channel as soon as it is told its number.
            _channels.Set(number, channel);
            await leg.Output.SendAsync(ChannelMessages.OpenConfirmation(peer.Id, number, (uint)window, ChannelLimits.MaxPacket)).ConfigureAwait(false);
            try
            {
                await target.RunAsync(channel, closed.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // The client has closed the channel.
            }
            if (await channel.CloseAsync().ConfigureAwait(false))
            {
                Forget(channel);
            }
        }
        catch (Exception ended) when (ended is PeerGoneException or OperationCanceledException)
        {
            // The connection's reader finds the same.
        }
#pragma warning disable CA1031 // The last resort: one channel's defect must not end the process.
        catch (Exception defect)
        {
            Log.Defect(logger, connectionId, defect);
            leg.Abort();
        }
#pragma warning restore CA1031
        finally
        {
            channel?.Dispose();
            _windows.Return(window);
        }
    }

    private void Forget(SshChannel channel) => _channels.Release(channel.LocalId);

    // OpenSSH disconnects as well (channels.c, channel_from_packet_id).
    private SshChannel Find(uint number) =>
        _channels.TryGet(number, out SshChannel? channel) ? channel : throw new SshProtocolException("a message on a channel that is not open (RFC 4254 section 5)");

    private SshChannel FindOnly(ReadOnlySpan<byte> payload)
    {
        var reader = new SshReader(payload[1..]);
        SshChannel channel = Find(reader.ReadUInt32());
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
        _noMoreSessions |= isNoMoreSessions;
        return wantsReply ? _replies.SendAsync([isNoMoreSessions ? MessageNumber.RequestSuccess : MessageNumber.RequestFailure]) : default;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Connection {Connection}: refused a channel: {Sentence}")]
        public static partial void Refused(ILogger logger, string connection, string sentence);

        [LoggerMessage(2, LogLevel.Error, "Connection {Connection}: a channel failed on an internal error")]
        public static partial void Defect(ILogger logger, string connection, Exception defect);
    }
}

/// <summary>The client's side of a channel, as it opened it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Window">How much it takes at first.</param>
/// <param name="MaxPacket">How much data it takes in one packet.</param>
internal readonly record struct PeerChannel(uint Id, uint Window, uint MaxPacket);
