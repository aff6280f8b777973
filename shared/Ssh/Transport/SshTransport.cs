using System.Text;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Transport;

/// <summary>
/// One SSH transport (RFC 4253): the client leg, where the gateway is the server, or the pod leg, where it is the
/// client. One task reads from it; anybody may send through <see cref="Output"/>. Everything that concerns the
/// transport alone (key exchange, ping, IGNORE, DISCONNECT, ...) is dealt with here, in <see
/// cref="HandleTransportMessageAsync"/>.
/// </summary>
internal abstract class SshTransport(IPeerSocket socket, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan DisconnectTimeout = TimeSpan.FromSeconds(1);

    private const int MaxDescription = 1024;

    // OpenSSH's own pings have a few bytes.
    private const int MaxPing = 1024;

    private bool _authenticated;
    private int _transportMessages;

    public IPeerSocket Socket { get; } = socket;

    public PacketInput Input { get; } = new(socket);

    public PacketOutput Output { get; } = new(socket);

    /// <inheritdoc cref="TransportKeyExchange.SshSessionId"/>
    public ReadOnlySpan<byte> SshSessionId => KeyExchange.SshSessionId;

    /// <inheritdoc cref="TransportKeyExchange.ReaderIsHeldUp"/>
    public bool ReaderIsHeldUp
    {
        get => KeyExchange.ReaderIsHeldUp;
        set => KeyExchange.ReaderIsHeldUp = value;
    }

    /// <inheritdoc cref="TransportKeyExchange.NegotiatedAlgorithms"/>
    public string NegotiatedAlgorithms => KeyExchange.NegotiatedAlgorithms;

    /// <inheritdoc cref="TransportKeyExchange.TimedOut"/>
    public bool KeyExchangeTimedOut => KeyExchange.TimedOut;

    /// <inheritdoc cref="TransportKeyExchange.PeerIsExchanging"/>
    public bool PeerIsExchanging => KeyExchange.PeerIsExchanging;

    /// <inheritdoc cref="TransportKeyExchange.PeerIdentification"/>
    public string PeerIdentification => KeyExchange.PeerIdentification;

    /// <summary>Whether the peer's identification has come.</summary>
    public bool PeerHasIdentified => PeerIdentification.Length > 0;

    protected abstract TransportKeyExchange KeyExchange { get; }

    /// <summary>How many other lines the peer may send before its identification.</summary>
    protected abstract int LinesBeforeIdentification { get; }

    /// <summary>Bytes of the identification, and of each line before it.</summary>
    protected abstract int MaxLineLength { get; }

    /// <summary>How many free transport messages (IGNORE, PING, rekeys) are taken before authentication.</summary>
    protected abstract int TransportMessagesBeforeAuthentication { get; }

    /// <summary>Identification and first key exchange.</summary>
    public async Task HandshakeAsync()
    {
        await KeyExchange.SendFirstInitAsync().ConfigureAwait(false);
        await ReadIdentificationAsync().ConfigureAwait(false);
        while (!KeyExchange.IsKeyed)
        {
            InboundPacket packet = await ReadPacketAsync().ConfigureAwait(false);
            if (!await HandleTransportMessageAsync(packet).ConfigureAwait(false))
            {
                throw new SshProtocolException($"message {packet.Number} before the key exchange");
            }
        }
    }

    /// <summary>The next message that is not the transport's own. Valid until the next call.</summary>
    /// <exception cref="PeerGoneException">The peer closed, or the connection broke.</exception>
    /// <exception cref="PeerDisconnectedException">The peer sent a DISCONNECT.</exception>
    /// <exception cref="SshProtocolException">The peer broke the protocol.</exception>
    public async ValueTask<InboundPacket> ReceiveAsync()
    {
        while (true)
        {
            InboundPacket packet = await ReadPacketAsync().ConfigureAwait(false);
            if (!await HandleTransportMessageAsync(packet).ConfigureAwait(false))
            {
                return packet;
            }
        }
    }

    /// <summary>
    /// While nothing is expected of the peer: finds out when it leaves, deals with the transport's messages, and drops
    /// requests for a login that is under way already. Until it is cancelled; nobody else may read meanwhile.
    /// </summary>
    /// <inheritdoc cref="ReceiveAsync" path="/exception"/>
    public async Task WatchAsync(CancellationToken cancellation)
    {
        while (true)
        {
            while (!cancellation.IsCancellationRequested && Input.TryRead(out InboundPacket packet))
            {
                if (!await HandleTransportMessageAsync(packet).ConfigureAwait(false) && packet.Number is not (MessageNumber.UserAuthRequest or MessageNumber.ServiceRequest))
                {
                    throw new SshProtocolException($"message {packet.Number} before authentication");
                }
            }
            // What has not been read is left for whoever reads next.
            if (cancellation.IsCancellationRequested || !await Socket.WaitReadableAsync(cancellation).ConfigureAwait(false))
            {
                return;
            }
            if (!await Input.FillAsync().ConfigureAwait(false))
            {
                throw PeerGoneException.ClosedByPeer();
            }
        }
    }

    /// <summary>Deals with a message of the transport. False: it is not one, and the caller's.</summary>
    public async ValueTask<bool> HandleTransportMessageAsync(InboundPacket packet)
    {
        byte number = packet.Number;
        bool isKex = number is >= MessageNumber.KexInit and <= MessageNumber.KexLast;
        if (!_authenticated && (isKex || number is <= MessageNumber.Debug or MessageNumber.Ping) && ++_transportMessages > TransportMessagesBeforeAuthentication)
        {
            throw new SshProtocolException("too many transport messages before authentication");
        }
        if (isKex)
        {
            await KeyExchange.HandleAsync(packet).ConfigureAwait(false);
            return true;
        }
        if (number == MessageNumber.Disconnect)
        {
            throw ParseDisconnect(packet.Payload);
        }
        if (KeyExchange.IsStrictlyUnkeyed)
        {
            throw new SshProtocolException($"message {number} in a strict key exchange");
        }
        switch (number)
        {
            case MessageNumber.Ignore:
            case MessageNumber.Debug:
            case MessageNumber.Unimplemented:
                return true;
        }
        if (KeyExchange.PeerIsExchanging)
        {
            throw new SshProtocolException($"message {number} during a key exchange");
        }
        switch (number)
        {
            case MessageNumber.ExtInfo:
                if (!_authenticated)
                {
                    OnExtensions(packet.Payload);
                }
                return true;
            case MessageNumber.Pong:
                return true;
            case MessageNumber.Ping:
                await AnswerPingAsync(packet).ConfigureAwait(false);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Answers a message that we do not know: RFC 4253 section 11.4.</summary>
    public ValueTask SendUnimplementedAsync(uint sequence) =>
        Output.OfferAsync(SshWriter.Message(MessageNumber.Unimplemented).WriteUInt32(sequence).ToArray(), duringKeyExchange: true);

    /// <summary>Both sides are authenticated.</summary>
    public virtual void EnterRelaying()
    {
        _authenticated = true;
        KeyExchange.EnterRelaying();
        Input.AllowLargePackets();
        Output.AllowLargePackets();
    }

    /// <inheritdoc cref="TransportKeyExchange.TryStartAsync"/>
    public ValueTask TryStartRekeyAsync(SshTransport other) => KeyExchange.TryStartAsync(other.KeyExchange);

    /// <summary>The same for a transport that is not one of two.</summary>
    public ValueTask TryStartRekeyAsync() => KeyExchange.TryStartAsync(KeyExchange);

    /// <summary>Sends a last DISCONNECT, if the peer takes it in time, and no more.</summary>
    public async Task DisconnectAsync(uint reason, string description, TimeSpan timeout)
    {
        try
        {
            await Output.OpenControlBatchAsync().ConfigureAwait(false);
            Output.TryAppend(SshWriter.Message(MessageNumber.Disconnect).WriteUInt32(reason).WriteString(description).WriteString("").Written);
            Task flush = Output.CloseAndFlushAsync().AsTask();
            try
            {
                await flush.WaitAsync(timeout, time).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                Abort();
                await flush.ConfigureAwait(false);
            }
            Socket.ShutdownWrites();
        }
        catch (PeerGoneException)
        {
            Abort();
        }
    }

    /// <inheritdoc cref="DisconnectAsync(uint, string, TimeSpan)"/>
    public Task DisconnectAsync(DisconnectReason reason, string description) => DisconnectAsync((uint)reason, description, DisconnectTimeout);

    /// <summary>After the last DISCONNECT: gives the peer time to read it. Only when nobody else reads.</summary>
    public Task DrainAsync(TimeSpan timeout) => LingeringClose.DrainAsync(Socket, timeout, time);

    /// <summary>The same until the peer closes or this is aborted.</summary>
    public Task DrainAsync() => LingeringClose.DrainAsync(Socket);

    /// <summary>Ends the connection at once. Any thread.</summary>
    public void Abort()
    {
        Socket.Abort();
        Output.Abort();
    }

    /// <summary>Frees everything. Only when nobody reads any more; a sender is waited for.</summary>
    public async ValueTask DisposeAsync()
    {
        Abort();
        await Output.DisposeAsync().ConfigureAwait(false);
        KeyExchange.Dispose();
        Input.Dispose();
        Socket.Dispose();
    }

    /// <summary>The peer tells its extensions, before authentication: EXT_INFO.</summary>
    protected virtual void OnExtensions(ReadOnlySpan<byte> message)
    {
    }

    private async ValueTask<InboundPacket> ReadPacketAsync()
    {
        while (true)
        {
            if (Input.TryRead(out InboundPacket packet))
            {
                return packet;
            }
            if (!await Input.FillAsync().ConfigureAwait(false))
            {
                throw PeerGoneException.ClosedByPeer();
            }
        }
    }

    private async Task ReadIdentificationAsync()
    {
        for (int preceding = 0; ;)
        {
            string? line = Input.TryReadLine(MaxLineLength);
            if (line is null)
            {
                if (!await Input.FillAsync().ConfigureAwait(false))
                {
                    throw PeerGoneException.ClosedByPeer();
                }
                continue;
            }
            if (Identification.IsIdentification(line))
            {
                Identification.Check(line);
                KeyExchange.PeerIdentification = line;
                return;
            }
            if (++preceding > LinesBeforeIdentification)
            {
                throw new SshProtocolException("the peer does not speak SSH");
            }
        }
    }

    // OpenSSH PROTOCOL section 1.8: the answer repeats the data.
    private async ValueTask AnswerPingAsync(InboundPacket packet)
    {
        var reader = new SshReader(packet.Payload[1..]);
        ReadOnlySpan<byte> data = reader.ReadString();
        reader.End();
        if (data.Length > MaxPing)
        {
            throw new SshProtocolException($"a ping of more than {MaxPing} bytes");
        }
        await Output.OfferAsync(SshWriter.Message(MessageNumber.Pong).WriteString(data).ToArray(), duringKeyExchange: false).ConfigureAwait(false);
    }

    private static PeerDisconnectedException ParseDisconnect(ReadOnlySpan<byte> payload)
    {
        var reader = new SshReader(payload[1..]);
        uint reason = reader.ReadUInt32();
        ReadOnlySpan<byte> description = reader.ReadString();
        return new PeerDisconnectedException(reason, Encoding.UTF8.GetString(description[..Math.Min(description.Length, MaxDescription)]));
    }
}

/// <summary>The peer ended the connection with a DISCONNECT.</summary>
/// <param name="description">The peer's words, at most 1 KiB.</param>
internal sealed class PeerDisconnectedException(uint reason, string description) : Exception("the peer disconnected")
{
    public uint Reason { get; } = reason;

    public string Description { get; } = description;
}
